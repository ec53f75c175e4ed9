import { useInfiniteQuery } from "@tanstack/react-query";
import { BellOff, CircleX } from "lucide-react";
import { useState } from "react";
import { ALERTS_KEY, fetchAlertHistory, type AlertMessage } from "../api/alerts";
import { describeError } from "../api/client";
import { Badge } from "../components/Badge";
import { Button } from "../components/Button";
import { EmptyState } from "../components/EmptyState";
import { inputClass } from "../components/Field";
import { formatAgo } from "../components/formatAgo";
import list from "../components/list.module.css";
import { Spinner } from "../components/Spinner";
import { TableHead } from "../components/TableHead";
import { useLocale, useMessages } from "../i18n/useMessages";
import { Link } from "../island/Link";
import { executionPath } from "../island/route";
import styles from "./alerts.module.css";
import { alertMessages } from "./messages";

const TONES = { sent: "success", waiting: "warning", failed: "danger" } as const;
const STATES = ["sent", "waiting", "failed"] as const;
const PAGE = 50;

/** What was sent, what waits to be sent again, and what was given up; newest first. */
export function HistoryPanel() {
  const t = useMessages(alertMessages);
  const [state, setState] = useState<AlertMessage["state"] | "">("");
  const query = useInfiniteQuery({
    queryKey: [...ALERTS_KEY, "history", state],
    initialPageParam: null as string | null,
    queryFn: ({ signal, pageParam }) => fetchAlertHistory({ limit: PAGE, ...(state && { state: [state] }), ...(pageParam !== null && { cursor: pageParam }) }, signal),
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
  const messages = [...new Map(query.data?.pages.flatMap((page) => page.messages).map((one) => [one.id, one])).values()];
  const held = query.data?.pages[0]?.held ?? 0;
  return (
    <div className={styles.panel}>
      <div className={list.filters}>
        <label className={list.filter}>
          <span>{t("which")}</span>
          <select className={inputClass} data-testid="history-state" value={state} onChange={(event) => setState(event.target.value as AlertMessage["state"] | "")}>
            <option value="">{t("allMessages")}</option>
            {STATES.map((one) => (
              <option key={one} value={one}>
                {t(`message.${one}`)}
              </option>
            ))}
          </select>
        </label>
        {held > 0 && <p className={list.muted}>{t("held", { count: held })}</p>}
      </div>
      {query.isPending ? (
        <div className={list.empty}>
          <Spinner label={t("loading")} />
        </div>
      ) : query.isError && messages.length === 0 ? (
        <EmptyState alert icon={<CircleX />} title={t("failedTitle")} text={describeError(query.error)} actions={<Button onClick={() => void query.refetch()}>{t("retry")}</Button>} />
      ) : messages.length === 0 ? (
        <EmptyState icon={<BellOff />} title={t("noHistoryTitle")} text={t("noHistoryText")} />
      ) : (
        <table className={list.table} data-testid="alert-history">
          <TableHead titles={[t("message"), t("state"), t("channel"), t("when")]} />
          <tbody>
            {messages.map((message) => (
              <Row key={message.id} message={message} />
            ))}
          </tbody>
        </table>
      )}
      {query.hasNextPage && (
        <Button size="small" variant="ghost" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {t("more")}
        </Button>
      )}
    </div>
  );
}

function Row({ message }: { message: AlertMessage }) {
  const t = useMessages(alertMessages);
  const locale = useLocale();
  return (
    <tr className={list.row} data-testid={`message-${message.id}`}>
      <td className={list.name}>
        {message.execution_id === null ? (
          <strong>{message.title}</strong>
        ) : (
          <Link to={executionPath(message.execution_id)} className={list.link}>
            <strong>{message.title}</strong>
          </Link>
        )}
      </td>
      <td className={list.wide}>
        <Badge tone={TONES[message.state]} dot>
          {t(`message.${message.state}`)}
        </Badge>{" "}
        {message.attempts > 1 && <span className={list.muted}>{t("attempts", { count: message.attempts })}</span>}
        {message.error && <p className={list.error}>{message.error}</p>}
      </td>
      <td data-label={t("channel")}>{message.channel_name ?? message.channel_id}</td>
      <td data-label={t("when")} title={new Date(message.created_at).toLocaleString(locale)}>
        {formatAgo(message.created_at, locale)}
      </td>
    </tr>
  );
}
