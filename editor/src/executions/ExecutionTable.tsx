import { CheckCheck, RotateCcw } from "lucide-react";
import type { ExecutionSummary } from "../api/types";
import list from "../components/list.module.css";
import { StateBadge } from "../components/StateBadge";
import { useLocale, useMessages } from "../i18n/useMessages";
import { Link } from "../island/Link";
import { executionPath, workflowPath } from "../island/route";
import { formatDuration, formatMoment, secondsBetween } from "../runs/format";
import { TriggerIcon, TriggerName } from "../runs/TriggerName";
import { isFinished } from "../runs/types";
import { useNow } from "../runs/useNow";
import styles from "./executions.module.css";
import { executionsMessages } from "./messages";

export interface ExecutionTableProps {
  executions: readonly ExecutionSummary[];
  selected: ReadonlySet<string>;
  onSelect: (ids: readonly string[], on: boolean) => void;
}

/** A table on wide screens; the same rows become cards on narrow ones. */
export function ExecutionTable({ executions, selected, onSelect }: ExecutionTableProps) {
  const t = useMessages(executionsMessages);
  const now = useNow(executions.some((one) => !isFinished(one.state)), 1000);
  const all = executions.every((one) => selected.has(one.id));
  const ids = executions.map((one) => one.id);
  return (
    <table className={list.table} data-testid="executions">
      <thead>
        <tr>
          <th scope="col">
            <input type="checkbox" aria-label={t("selectAll")} checked={all} onChange={() => onSelect(ids, !all)} />
          </th>
          <th scope="col">{t("started")}</th>
          <th scope="col">{t("state")}</th>
          <th scope="col">{t("workflow")}</th>
          <th scope="col">{t("trigger")}</th>
          <th scope="col">{t("duration")}</th>
        </tr>
      </thead>
      <tbody>
        {executions.map((one) => (
          <Row key={one.id} execution={one} now={now} checked={selected.has(one.id)} onSelect={onSelect} />
        ))}
      </tbody>
    </table>
  );
}

interface RowProps extends Pick<ExecutionTableProps, "onSelect"> {
  execution: ExecutionSummary;
  now: number;
  checked: boolean;
}

function Row({ execution, now, checked, onSelect }: RowProps) {
  const t = useMessages(executionsMessages);
  const locale = useLocale();
  const moment = execution.started_at ?? execution.created_at;
  const seconds = execution.duration_s ?? secondsBetween(execution.started_at, execution.ended_at, now);
  const { failure, handled } = execution;
  return (
    <tr className={list.row} data-testid={`execution-${execution.id}`} data-state={execution.state} data-handled={handled ? true : undefined}>
      <td>
        <input type="checkbox" aria-label={t("select", { id: execution.id })} checked={checked} onChange={() => onSelect([execution.id], !checked)} />
      </td>
      <td>
        <Link to={executionPath(execution.id)} className={styles.open} aria-label={t("open", { id: execution.id })} data-testid={`open-execution-${execution.id}`}>
          <time dateTime={moment ?? undefined}>{formatMoment(moment, locale)}</time>
        </Link>
      </td>
      <td className={styles.stateCell}>
        <span className={styles.badges}>
          <StateBadge state={execution.state} />
          {handled && (
            <span className={styles.mark} title={[t("handledBy", { user: handled.by }), handled.comment].filter(Boolean).join(": ")}>
              <CheckCheck size={14} aria-hidden />
              <span className="ff-visually-hidden">{t("handledBy", { user: handled.by })}</span>
            </span>
          )}
          {execution.rerun_of && (
            <span className={styles.mark} title={`${t("rerun")}: ${execution.rerun_of}`}>
              <RotateCcw size={13} aria-hidden />
              <span className="ff-visually-hidden">{t("rerun")}</span>
            </span>
          )}
        </span>
        {failure && (
          <p className={list.error} title={failure.message}>
            {failure.node_name && !failure.title.includes(failure.node_name) && <strong>{failure.node_name}: </strong>}
            {failure.title}
          </p>
        )}
      </td>
      <td data-label={t("workflow")}>
        <Link to={workflowPath(execution.workflow_id)} className={list.link}>
          {execution.workflow_name}
        </Link>
        {execution.revision !== null && <span className={`${list.muted} ${styles.number}`}> {t("revisionShort", { number: execution.revision })}</span>}
      </td>
      <td data-label={t("trigger")}>
        <span className={list.fact}>
          <TriggerIcon type={execution.trigger_type} /> <TriggerName type={execution.trigger_type} />
        </span>
      </td>
      <td data-label={t("duration")} className={styles.number}>
        {formatDuration(seconds, locale)}
      </td>
    </tr>
  );
}
