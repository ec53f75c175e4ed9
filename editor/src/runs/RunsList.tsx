import { useInfiniteQuery } from "@tanstack/react-query";
import { History } from "lucide-react";
import { describeError } from "../api/client";
import { fetchExecutions } from "../api/executions";
import { Button } from "../components/Button";
import { EmptyState } from "../components/EmptyState";
import { Spinner } from "../components/Spinner";
import { useLocale, useMessages } from "../i18n/useMessages";
import { Link } from "../island/Link";
import { formatDuration, formatMoment, secondsBetween } from "./format";
import { runsMessages } from "./messages";
import styles from "./runs.module.css";
import { ExecutionBadge } from "./StateMark";
import { TriggerIcon, TriggerName } from "./TriggerName";
import { isFinished, type ExecutionSummary } from "./types";
import { useNow } from "./useNow";

export interface RunsListProps {
  workflowId: string;
  selectedId: string | null;
  onSelect: (executionId: string) => void;
}

const PAGE = 25;

/** The runs of a workflow, newest first; those that run are watched. */
export function RunsList({ workflowId, selectedId, onSelect }: RunsListProps) {
  const t = useMessages(runsMessages);
  const query = useInfiniteQuery({
    queryKey: ["executions", workflowId, "pages"],
    initialPageParam: null as string | null,
    queryFn: ({ signal, pageParam }) => fetchExecutions({ workflow_id: workflowId, limit: PAGE, ...(pageParam === null ? {} : { cursor: pageParam }) }, signal),
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    refetchInterval: (state) => (state.state.data?.pages.some((page) => page.executions.some((one) => !isFinished(one.state))) ? 1500 : 5000),
  });
  // A run that starts meanwhile may come twice, while the first page is read again.
  const executions = [...new Map(query.data?.pages.flatMap((page) => page.executions).map((one) => [one.id, one])).values()];
  const now = useNow(executions.some((one) => !isFinished(one.state)));

  if (query.isPending) {
    return (
      <div className={styles.empty}>
        <Spinner label={t("loading")} />
      </div>
    );
  }
  if (query.isError && executions.length === 0) {
    return (
      <div className={styles.empty} role="alert">
        <p>{t("runsFailed", { message: describeError(query.error) })}</p>
        <Button size="small" onClick={() => void query.refetch()}>
          {t("retryRead")}
        </Button>
      </div>
    );
  }
  if (executions.length === 0) return <EmptyState icon={<History />} title={t("noRuns")} text={t("noRunsText")} testId="no-runs" />;
  return (
    <div className={styles.runs} data-testid="runs-list">
      <ul aria-label={t("executions")}>
        {executions.map((one) => (
          <li key={one.id}>
            <RunRow execution={one} now={now} selected={one.id === selectedId} onSelect={() => onSelect(one.id)} />
          </li>
        ))}
      </ul>
      <Link className={styles.allRuns} to={`/executions?workflow=${encodeURIComponent(workflowId)}`} data-testid="all-executions">
        {t("allRuns")}
      </Link>
      {query.hasNextPage && (
        <Button size="small" variant="ghost" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {t("moreRuns")}
        </Button>
      )}
    </div>
  );
}

function RunRow({ execution, now, selected, onSelect }: { execution: ExecutionSummary; now: number; selected: boolean; onSelect: () => void }) {
  const t = useMessages(runsMessages);
  const locale = useLocale();
  const seconds = execution.duration_s ?? secondsBetween(execution.started_at, execution.ended_at, now);
  return (
    <button type="button" className={styles.run} data-testid={`run-row-${execution.run_id}`} data-state={execution.state} aria-current={selected || undefined} onClick={onSelect}>
      <ExecutionBadge state={execution.state} />
      <time className={styles.runTime} dateTime={execution.created_at ?? undefined}>
        {formatMoment(execution.started_at ?? execution.created_at, locale)}
      </time>
      <span className={styles.fact}>
        <TriggerIcon type={execution.trigger_type} /> <TriggerName type={execution.trigger_type} />
      </span>
      <span className={styles.fact}>{formatDuration(seconds, locale)}</span>
      {execution.revision !== null && <span className={styles.fact}>{t("revision", { number: execution.revision })}</span>}
    </button>
  );
}
