import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Ban, CheckCheck, ChevronDown, GitCompareArrows, History, Play, RotateCcw, RotateCw, Undo2, Wrench } from "lucide-react";
import { describeError } from "../api/client";
import { cancelExecution, retryExecution, unhandleExecution } from "../api/executions";
import type { Execution } from "../api/types";
import { Button } from "../components/Button";
import { Menu, type MenuItem } from "../components/Menu";
import { toast } from "../components/Toast";
import { useMessages } from "../i18n/useMessages";
import { isFinished } from "../runs/types";
import { usePermissions, workflowOfExecution } from "../session/usePermissions";
import styles from "./execution.module.css";
import { executionMessages } from "./messages";
import { canRerunFrom } from "./repair";

export type RepairDialog = { kind: "rerun"; revision: "original" | "latest"; fromStep: string | null } | { kind: "handle" } | { kind: "compare" };

export interface RepairMenuProps {
  execution: Execution;
  selected: string | null;
  onAsk: (dialog: RepairDialog) => void;
}

/** Cancel, retry the failed steps: what needs no further question. */
export function useRepair(execution: Execution) {
  const t = useMessages(executionMessages);
  const client = useQueryClient();
  const took = (answer: Execution, title: string) => {
    client.setQueryData(["execution", execution.id], answer);
    void client.invalidateQueries({ queryKey: ["executions"] });
    toast({ tone: "success", title });
  };
  const refused = (error: unknown) => toast({ tone: "error", title: t("refused"), detail: describeError(error) });
  const cancel = useMutation({ mutationFn: () => cancelExecution(execution.id), onSuccess: (answer) => took(answer, t("cancelled")), onError: refused });
  const retry = useMutation({ mutationFn: (nodes: string[] | null) => retryExecution(execution.id, nodes), onSuccess: (answer) => took(answer, t("retried")), onError: refused });
  const unhandle = useMutation({
    mutationFn: () => unhandleExecution(execution.id),
    onSuccess: () => client.invalidateQueries({ queryKey: ["execution", execution.id] }),
    onError: refused,
  });
  return { cancel, retry, unhandle };
}

/** Everything that mends an execution, in one menu; what cannot be done says why. */
export function RepairMenu({ execution, selected, onAsk }: RepairMenuProps) {
  const t = useMessages(executionMessages);
  const refusal = usePermissions(workflowOfExecution(execution.id))("run");
  const { cancel, retry, unhandle } = useRepair(execution);
  const over = isFinished(execution.state);
  const step = execution.steps.find((one) => one.node_id === selected);
  const name = step ? step.name || step.node_id : "";
  const ended = over ? null : t("notEnded");
  const items: MenuItem[] = [
    { id: "retry", label: t("retryFailed"), icon: <RotateCw />, disabledReason: refusal ?? ended ?? (execution.state === "failed" || execution.state === "cancelled" ? null : t("nothingFailed")), onSelect: () => retry.mutate(null) },
    {
      id: "rerun-from",
      label: step ? t("rerunFrom", { step: name }) : t("rerunFromAny"),
      icon: <Play />,
      disabledReason: refusal ?? (step ? (canRerunFrom(step) ? null : t("notReached")) : t("chooseStep")),
      onSelect: () => onAsk({ kind: "rerun", revision: "original", fromStep: selected }),
    },
    { id: "rerun-original", label: t("rerunOriginal"), icon: <RotateCcw />, separated: true, disabledReason: refusal, onSelect: () => onAsk({ kind: "rerun", revision: "original", fromStep: null }) },
    { id: "rerun-latest", label: t("rerunLatest"), icon: <History />, disabledReason: refusal, onSelect: () => onAsk({ kind: "rerun", revision: "latest", fromStep: null }) },
    { id: "compare", label: t("compare"), icon: <GitCompareArrows />, separated: true, onSelect: () => onAsk({ kind: "compare" }) },
    execution.handled
      ? { id: "unhandle", label: t("unhandle"), icon: <Undo2 />, disabledReason: refusal, onSelect: () => unhandle.mutate() }
      : { id: "handle", label: t("handle"), icon: <CheckCheck />, disabledReason: refusal ?? ended, onSelect: () => onAsk({ kind: "handle" }) },
    { id: "cancel", label: t("cancel"), icon: <Ban />, tone: "danger", separated: true, disabledReason: refusal ?? (over ? t("hasEnded") : null), onSelect: () => cancel.mutate() },
  ];
  return (
    <>
      {!over && (
        <Button icon={<Ban />} busy={cancel.isPending} disabledReason={refusal} testId="cancel-execution" onClick={() => cancel.mutate()}>
          {t("cancel")}
        </Button>
      )}
      <Menu
        items={items}
        label={t("repair")}
        trigger={({ open, toggle, ref }) => (
          <Button ref={ref} icon={<Wrench />} aria-haspopup="menu" aria-expanded={open} busy={retry.isPending || unhandle.isPending} testId="repair-menu" onClick={toggle}>
            {t("repair")} <ChevronDown size={14} className={styles.chevron} aria-hidden />
          </Button>
        )}
      />
    </>
  );
}
