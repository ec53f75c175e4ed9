import { useInfiniteQuery } from "@tanstack/react-query";
import { CircleCheck, CircleX } from "lucide-react";
import { useState } from "react";
import { describeError } from "../api/client";
import { DEAD_LETTERS_KEY, fetchDeadLetterGroups } from "../api/deadLetters";
import { Button } from "../components/Button";
import { EmptyState } from "../components/EmptyState";
import { inputClass } from "../components/Field";
import list from "../components/list.module.css";
import { Spinner } from "../components/Spinner";
import { useLocale, useMessages } from "../i18n/useMessages";
import { Link } from "../island/Link";
import styles from "./deadLetters.module.css";
import { GroupCard } from "./GroupCard";
import { deadLetterMessages } from "./messages";

const PAGE = 50;
// Who reads on looks at the past, which does not change.
const LIVE_PAGES = 3;

/** What failed for good, by cause, in all workflows or in one; what failed last comes first. */
export function DeadLettersView({ workflowId = null }: { workflowId?: string | null }) {
  const t = useMessages(deadLetterMessages);
  const locale = useLocale();
  const [state, setState] = useState<"open" | "all">("open");
  const query = useInfiniteQuery({
    queryKey: [...DEAD_LETTERS_KEY, "groups", state, workflowId, locale],
    initialPageParam: null as string | null,
    queryFn: ({ signal, pageParam }) => fetchDeadLetterGroups({ state, limit: PAGE, ...(workflowId !== null && { workflow_id: workflowId }), ...(pageParam !== null && { cursor: pageParam }) }, signal),
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    refetchInterval: (now) => ((now.state.data?.pages.length ?? 0) > LIVE_PAGES ? false : 4000),
  });
  const groups = [...new Map(query.data?.pages.flatMap((page) => page.groups).map((one) => [one.id, one])).values()];
  const first = query.data?.pages[0];
  return (
    <div className={list.view}>
      <div className={list.filters}>
        <label className={list.filter}>
          <span>{t("filter")}</span>
          <select className={inputClass} data-testid="dead-letter-state" value={state} onChange={(event) => setState(event.target.value === "all" ? "all" : "open")}>
            <option value="open">{t("open")}</option>
            <option value="all">{t("all")}</option>
          </select>
        </label>
        <p role="status" className={list.muted}>
          {first && t("count", { count: first.total_open })}
        </p>
        {workflowId !== null && (
          <p className={list.muted} data-testid="dead-letters-of">
            {t("onlyOf", { workflow: groups[0]?.workflow_name ?? workflowId })}{" "}
            <Link to="/dead-letters" className={list.link}>
              {t("ofAll")}
            </Link>
          </p>
        )}
      </div>
      {query.isPending ? (
        <div className={list.empty}>
          <Spinner label={t("loading")} />
        </div>
      ) : query.isError && groups.length === 0 ? (
        <EmptyState alert icon={<CircleX />} title={t("failedTitle")} text={describeError(query.error)} actions={<Button onClick={() => void query.refetch()}>{t("retry")}</Button>} />
      ) : groups.length === 0 ? (
        <EmptyState testId="no-dead-letters" icon={<CircleCheck />} title={t("emptyTitle")} text={t("emptyText")} />
      ) : (
        <ul className={styles.groups}>
          {groups.map((group) => (
            <GroupCard key={group.id} group={group} />
          ))}
        </ul>
      )}
      {query.hasNextPage && (
        <Button size="small" variant="ghost" busy={query.isFetchingNextPage} testId="more-groups" onClick={() => void query.fetchNextPage()}>
          {t("more")}
        </Button>
      )}
    </div>
  );
}
