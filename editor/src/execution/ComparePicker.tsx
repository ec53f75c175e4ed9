import { useQuery } from "@tanstack/react-query";
import { describeError } from "../api/client";
import { listExecutions } from "../api/executions";
import type { Execution } from "../api/types";
import { Dialog } from "../components/Dialog";
import { Spinner } from "../components/Spinner";
import { StateBadge } from "../components/StateBadge";
import { useLocale, useMessages } from "../i18n/useMessages";
import { formatDuration, formatMoment } from "../runs/format";
import styles from "./compare.module.css";
import { executionMessages } from "./messages";

const MOST = 50;

/** Choose what an execution is compared with: another one of the same workflow. */
export function ComparePicker({ execution, onPick, onClose }: { execution: Execution; onPick: (id: string) => void; onClose: () => void }) {
  const t = useMessages(executionMessages);
  const locale = useLocale();
  const query = useQuery({
    queryKey: ["executions", "of", execution.workflow_id],
    queryFn: ({ signal }) => listExecutions({ workflow_id: execution.workflow_id, limit: MOST }, signal, locale),
  });
  const others = query.data?.executions.filter((one) => one.id !== execution.id) ?? [];
  return (
    <Dialog title={t("compareWith")} description={t("compareWithText")} onClose={onClose} testId="compare-picker">
      {query.isPending ? (
        <Spinner label={t("comparing")} />
      ) : query.isError ? (
        <p role="alert" className={styles.fault}>
          {describeError(query.error)}
        </p>
      ) : others.length === 0 ? (
        <p className={styles.muted}>{t("noOthers")}</p>
      ) : (
        <ul className={styles.picks}>
          {others.map((one) => (
            <li key={one.id}>
              <button type="button" className={styles.pick} data-testid={`compare-with-${one.id}`} onClick={() => onPick(one.id)}>
                <StateBadge state={one.state} />
                <time dateTime={one.started_at ?? undefined}>{formatMoment(one.started_at ?? one.created_at, locale)}</time>
                <span className={styles.muted}>{formatDuration(one.duration_s, locale)}</span>
                {one.revision !== null && <span className={styles.muted}>{t("revision", { number: one.revision })}</span>}
              </button>
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}
