import { ArrowLeft, CheckCheck, CornerDownRight, ExternalLink, GitCompareArrows, PencilRuler, RotateCcw } from "lucide-react";
import type { ReactNode } from "react";
import type { Execution } from "../api/types";
import { StateBadge } from "../components/StateBadge";
import { useLocale, useMessages } from "../i18n/useMessages";
import { Link } from "../island/Link";
import { executionPath, workflowPath } from "../island/route";
import { formatDuration, formatMoment, secondsBetween } from "../runs/format";
import { TriggerIcon, TriggerName } from "../runs/TriggerName";
import { isFinished } from "../runs/types";
import { useNow } from "../runs/useNow";
import styles from "./execution.module.css";
import { executionMessages } from "./messages";
import { parentOf } from "./relatives";

// More children than these are seen step by step.
const MOST_CHILDREN = 6;

/** State, times, origin and relatives of one execution. */
export function ExecutionHeader({ execution, stale, actions }: { execution: Execution; stale: boolean; actions: ReactNode }) {
  const t = useMessages(executionMessages);
  const locale = useLocale();
  const now = useNow(!isFinished(execution.state));
  const started = execution.started_at ?? execution.created_at;
  const seconds = execution.duration_s ?? secondsBetween(execution.started_at, execution.ended_at, now);
  const { handled, rerun_of: rerunOf } = execution;
  const parent = parentOf(execution);
  const children = execution.children ?? [];
  return (
    <header className={styles.header} data-testid="execution-header" data-state={execution.state}>
      <div className={styles.headerMain}>
        <Link to="/executions" className={styles.back} aria-label={t("toList")} title={t("toList")} data-testid="to-executions">
          <ArrowLeft size={18} aria-hidden />
        </Link>
        <h1 className={styles.title}>
          <Link to={workflowPath(execution.workflow_id)}>{execution.workflow_name}</Link>
        </h1>
        <span role="status">
          <StateBadge state={execution.state} />
        </span>
        <span className={styles.space} />
        <div className={styles.actions}>{actions}</div>
      </div>
      <div className={styles.facts}>
        <span className={styles.fact} title={started ?? undefined}>
          {t(execution.started_at ? "started" : "created")} <time dateTime={started ?? undefined}>{formatMoment(started, locale)}</time>
        </span>
        <span className={styles.fact}>
          {t("duration")} <b data-testid="execution-duration">{formatDuration(seconds, locale)}</b>
        </span>
        <span className={styles.fact} title={t("trigger")}>
          <TriggerIcon type={execution.trigger_type} /> <TriggerName type={execution.trigger_type} />
        </span>
        {execution.revision !== null && <span className={styles.fact}>{t("revision", { number: execution.revision })}</span>}
        {parent && (
          <Link className={styles.fact} to={executionPath(parent.executionId, parent.nodeId ? { step: parent.nodeId } : {})} data-testid="parent-execution">
            <CornerDownRight size={13} aria-hidden /> {t("startedBy", { workflow: parent.name })}
          </Link>
        )}
        {rerunOf && (
          <>
            <Link className={styles.fact} to={executionPath(rerunOf)} data-testid="rerun-of">
              <RotateCcw size={13} aria-hidden /> {t("rerunOf")}
            </Link>
            <Link className={styles.fact} to={executionPath(rerunOf, { with: execution.id })} data-testid="compare-with-original">
              <GitCompareArrows size={13} aria-hidden /> {t("compareWithOriginal")}
            </Link>
          </>
        )}
        {children.slice(0, MOST_CHILDREN).map((child) => (
          <Link key={child.execution_id} className={styles.fact} to={executionPath(child.execution_id)} data-testid={`child-${child.execution_id}`}>
            {t("child", { workflow: child.workflow_name ?? child.workflow_id })}
          </Link>
        ))}
        {children.length > MOST_CHILDREN && <span className={styles.fact}>{t("moreChildren", { count: children.length - MOST_CHILDREN })}</span>}
        <Link className={styles.fact} to={workflowPath(execution.workflow_id, execution.id)} data-testid="open-in-editor">
          <PencilRuler size={13} aria-hidden /> {t("openEditor")}
        </Link>
        <a className={styles.fact} href={execution.airflow_url} target="_blank" rel="noreferrer">
          <ExternalLink size={13} aria-hidden /> {t("openAirflow")}
        </a>
      </div>
      {execution.waits_for && <p className={styles.note}>{execution.waits_for === "paused" ? t("waitsPaused") : t("waitsOther", { reason: execution.waits_for })}</p>}
      {execution.skipped_because && <p className={styles.note}>{t("skippedBecause")}</p>}
      {execution.cancelled_by && <p className={styles.note}>{t("cancelledBy", { user: execution.cancelled_by })}</p>}
      {execution.error && execution.state !== "failed" && (
        <p className={styles.fault} role="alert">
          {execution.error}
        </p>
      )}
      {handled && (
        <p className={styles.handled} data-testid="handled">
          <CheckCheck size={15} aria-hidden />
          <span>
            <strong>{t("handledBy", { user: handled.by, when: formatMoment(handled.at, locale) })}</strong> {handled.comment}
          </span>
        </p>
      )}
      {stale && (
        <p className={styles.note} role="status">
          {t("stale")}
        </p>
      )}
    </header>
  );
}
