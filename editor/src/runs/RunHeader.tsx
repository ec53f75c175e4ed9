import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ExternalLink, Maximize2, Square } from "lucide-react";
import { describeError } from "../api/client";
import { cancelExecution } from "../api/executions";
import { Button } from "../components/Button";
import { useLocale, useMessages } from "../i18n/useMessages";
import { Link } from "../island/Link";
import { executionPath, workflowPath } from "../island/route";
import { isObject } from "../schema/jsonSchema";
import { formatDuration, formatMoment, secondsBetween } from "./format";
import { useSession } from "../api/queries";
import { usePermissions, workflowOfExecution } from "../session/usePermissions";
import { runsMessages } from "./messages";
import styles from "./runs.module.css";
import { ExecutionBadge } from "./StateMark";
import { TriggerIcon, TriggerName } from "./TriggerName";
import { isFinished, type Execution } from "./types";
import { useNow } from "./useNow";

/** State, origin and times of one execution, and the way to stop it. */
export function RunHeader({ execution, stale }: { execution: Execution; stale: boolean }) {
  const t = useMessages(runsMessages);
  const locale = useLocale();
  const running = !isFinished(execution.state);
  const now = useNow(running);
  const started = execution.started_at ?? execution.created_at;
  const seconds = execution.duration_s ?? secondsBetween(execution.started_at, execution.ended_at, now);
  return (
    <header className={styles.header}>
      <div className={styles.headerMain}>
        <ExecutionBadge state={execution.state} />
        <span className={styles.fact} title={t("trigger")}>
          <TriggerIcon type={execution.trigger_type} /> <TriggerName type={execution.trigger_type} />
        </span>
        <ParentLink trigger={execution.trigger} />
        <span className={styles.fact} title={started ?? undefined}>
          {t(execution.started_at ? "started" : "created")} <time dateTime={started ?? undefined}>{formatMoment(started, locale)}</time>
        </span>
        <span className={styles.fact} title={t("duration")} data-testid="execution-duration">
          {formatDuration(seconds, locale)}
        </span>
        {execution.revision !== null && <span className={styles.fact}>{t("revision", { number: execution.revision })}</span>}
        <span className={styles.space} />
        <Link className={styles.airflow} to={executionPath(execution.id)} data-testid="open-execution">
          <Maximize2 size={13} aria-hidden /> {t("openPage")}
        </Link>
        <a className={styles.airflow} href={execution.airflow_url} target="_blank" rel="noreferrer">
          <ExternalLink size={13} aria-hidden /> {t("openAirflow")}
        </a>
        {running && <CancelButton executionId={execution.id} />}
      </div>
      {execution.waits_for && <p className={styles.note}>{execution.waits_for === "paused" ? t("waitsPaused") : t("waitsOther", { reason: execution.waits_for })}</p>}
      {execution.skipped_because && (
        <p className={styles.note} data-testid="skipped-because">
          {t("skippedBecause")}
        </p>
      )}
      {execution.error && (
        <p className={styles.fault} role="alert">
          {execution.error}
        </p>
      )}
      {execution.cancelled_by && <p className={styles.note}>{t("cancelledBy", { user: execution.cancelled_by })}</p>}
      {stale && (
        <p className={styles.note} role="status">
          {t("stale")}
        </p>
      )}
    </header>
  );
}

/** The execution whose step has started this one. */
function ParentLink({ trigger }: { trigger: unknown }) {
  const t = useMessages(runsMessages);
  const parent = isObject(trigger) && isObject(trigger["parent"]) ? trigger["parent"] : {};
  const { workflow_id: workflow, execution_id: execution, node_id: step } = parent;
  if (typeof workflow !== "string" || typeof execution !== "string") return null;
  return (
    <span className={styles.fact}>
      <Link to={workflowPath(workflow, execution)} data-testid="parent-execution">
        {t("startedBy", { workflow, step: typeof step === "string" ? step : "" })}
      </Link>
    </span>
  );
}

function CancelButton({ executionId }: { executionId: string }) {
  const t = useMessages(runsMessages);
  const client = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => cancelExecution(executionId),
    onSuccess: (execution) => client.setQueryData(["execution", executionId], execution),
  });
  const session = useSession();
  const refusal = usePermissions(workflowOfExecution(executionId));
  // To cancel may be urgent: until the rights are known, the server decides.
  const refused = session.data && refusal("run");
  return (
    <>
      <Button size="small" icon={<Square size={13} aria-hidden />} busy={cancel.isPending} disabledReason={refused} testId="cancel-run" onClick={() => cancel.mutate()}>
        {cancel.isPending ? t("cancelling") : t("cancel")}
      </Button>
      {cancel.isError && (
        <span className={styles.fault} role="alert">
          {t("cancelFailed", { message: describeError(cancel.error) })}
        </span>
      )}
    </>
  );
}
