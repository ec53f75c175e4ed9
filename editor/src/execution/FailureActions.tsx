import { CheckCheck, Play, RotateCw } from "lucide-react";
import type { Execution } from "../api/types";
import { Button } from "../components/Button";
import { useMessages } from "../i18n/useMessages";
import { usePermissions, workflowOfExecution } from "../session/usePermissions";
import { executionMessages } from "./messages";
import { useRepair, type RepairDialog } from "./RepairMenu";

/** What one does most about a failure, beside its explanation. */
export function FailureActions({ execution, onAsk }: { execution: Execution; onAsk: (dialog: RepairDialog) => void }) {
  const t = useMessages(executionMessages);
  const refusal = usePermissions(workflowOfExecution(execution.id))("run");
  const { retry } = useRepair(execution);
  const step = execution.steps.find((one) => one.node_id === execution.failure?.node_id) ?? execution.steps.find((one) => one.state === "failed");
  return (
    <>
      <Button size="small" variant="primary" icon={<RotateCw />} busy={retry.isPending} disabledReason={refusal} testId="failure-retry" onClick={() => retry.mutate(null)}>
        {t("retryFailed")}
      </Button>
      {step && (
        <Button size="small" icon={<Play />} disabledReason={refusal} testId="failure-rerun" onClick={() => onAsk({ kind: "rerun", revision: "original", fromStep: step.node_id })}>
          {t("rerunFrom", { step: step.name || step.node_id })}
        </Button>
      )}
      {!execution.handled && (
        <Button size="small" icon={<CheckCheck />} disabledReason={refusal} testId="failure-handle" onClick={() => onAsk({ kind: "handle" })}>
          {t("handle")}
        </Button>
      )}
    </>
  );
}
