import { ApiProblem, describeError } from "../api/client";
import { useExecution } from "../api/queries";
import { Button } from "../components/Button";
import { Spinner } from "../components/Spinner";
import { useMessages } from "../i18n/useMessages";
import { runsMessages } from "./messages";
import { RunResult } from "./RunResult";
import { RunHeader } from "./RunHeader";
import styles from "./runs.module.css";
import { StepDetail } from "./StepDetail";
import { StepsList } from "./StepsList";
import { mainStep } from "./types";

export interface RunPanelProps {
  executionId: string;
  selectedNodeId: string | null;
  onSelectNode: (nodeId: string) => void;
}

/** One execution, live while it runs: its steps on one side, the chosen step on the other. */
export function RunPanel({ executionId, selectedNodeId, onSelectNode }: RunPanelProps) {
  const t = useMessages(runsMessages);
  const query = useExecution(executionId);
  const execution = query.data;
  if (!execution) {
    const gone = query.error instanceof ApiProblem && query.error.status === 404;
    return (
      <div className={styles.panel} data-testid="run-panel">
        {query.isError ? (
          <div className={styles.empty} role="alert">
            <p>{gone ? t("notFound") : t("loadFailed", { message: describeError(query.error) })}</p>
            <Button size="small" onClick={() => void query.refetch()}>
              {t("retryRead")}
            </Button>
          </div>
        ) : (
          <div className={styles.empty}>
            <Spinner label={t("loading")} />
          </div>
        )}
      </div>
    );
  }
  const step = execution.steps.find((one) => one.node_id === selectedNodeId) ?? mainStep(execution.steps);
  return (
    <div className={styles.panel} data-testid="run-panel" data-state={execution.state} data-execution={execution.id}>
      <RunHeader execution={execution} stale={query.isError} />
      {execution.result && <RunResult result={execution.result} onOpen={onSelectNode} />}
      <div className={styles.body}>
        <StepsList steps={execution.steps} selected={step?.node_id ?? null} onSelect={onSelectNode} />
        {step && <StepDetail key={step.node_id} executionId={execution.id} step={step} approvals={execution.approvals ?? []} />}
      </div>
    </div>
  );
}
