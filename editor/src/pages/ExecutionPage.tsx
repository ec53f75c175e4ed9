import { ReactFlowProvider } from "@xyflow/react";
import { CircleX, SearchX } from "lucide-react";
import { lazy, Suspense, useRef, useState } from "react";
import { ApiProblem, describeError } from "../api/client";
import { useExecution, useNodeTypes } from "../api/queries";
import type { Execution } from "../api/types";
import { Canvas } from "../canvas/Canvas";
import { Button } from "../components/Button";
import { EmptyState } from "../components/EmptyState";
import { Spinner } from "../components/Spinner";
import styles from "../execution/execution.module.css";
import { ExecutionHeader } from "../execution/ExecutionHeader";
import { FailureActions } from "../execution/FailureActions";
import { FailureCard } from "../execution/FailureCard";
import { executionMessages } from "../execution/messages";
import { RepairMenu, type RepairDialog } from "../execution/RepairMenu";
import { canRetryByLink, RetryAsked } from "../execution/RetryAsked";
import { StepPanel } from "../execution/StepPanel";
import { Timeline } from "../execution/Timeline";
import { useExecutionEvents } from "../execution/useExecutionEvents";
import { useRunOnCanvas } from "../execution/useRunOnCanvas";
import { useMessages } from "../i18n/useMessages";
import { executionPath, navigate } from "../island/route";
import { mainStep } from "../runs/types";
import { usePermissions, workflowOfExecution } from "../session/usePermissions";
import { useNarrow } from "./useNarrow";

// Asked for by a click only.
const RerunDialog = lazy(async () => ({ default: (await import("../execution/RerunDialog")).RerunDialog }));
const HandleDialog = lazy(async () => ({ default: (await import("../execution/HandleDialog")).HandleDialog }));
const ComparePicker = lazy(async () => ({ default: (await import("../execution/ComparePicker")).ComparePicker }));
const CompareView = lazy(async () => ({ default: (await import("../execution/CompareView")).CompareView }));

/** One execution: what became of it, why, what each step did, and what can be done about it. */
export function ExecutionPage({ executionId, search }: { executionId: string; search: string }) {
  const t = useMessages(executionMessages);
  const { live } = useExecutionEvents(executionId);
  const query = useExecution(executionId, live);
  const types = useNodeTypes();
  const failure = query.data ? null : (query.error ?? types.error);
  if (failure) {
    const gone = failure instanceof ApiProblem && failure.status === 404;
    return (
      <EmptyState
        alert
        testId="execution-failed"
        icon={gone ? <SearchX /> : <CircleX />}
        title={t(gone ? "notFoundTitle" : "failedTitle")}
        text={gone ? t("notFoundText") : describeError(failure)}
        actions={
          <>
            {!gone && <Button onClick={() => void query.refetch()}>{t("retryRead")}</Button>}
            <Button variant="primary" onClick={() => navigate("/executions")}>
              {t("toList")}
            </Button>
          </>
        }
      />
    );
  }
  if (!query.data || !types.data) {
    return (
      <div className={styles.loading}>
        <Spinner size={26} label={t("loading")} />
      </div>
    );
  }
  return (
    <ReactFlowProvider>
      <Shown execution={query.data} stale={query.isError} search={search} />
    </ReactFlowProvider>
  );
}

function Shown({ execution, stale, search }: { execution: Execution; stale: boolean; search: string }) {
  const t = useMessages(executionMessages);
  const root = useRef<HTMLElement>(null);
  const narrow = useNarrow(root);
  const params = new URLSearchParams(search);
  const other = params.get("with");
  const mayRun = usePermissions(workflowOfExecution(execution.id))("run") === null;
  const [dialog, setDialog] = useState<RepairDialog | null>(null);
  // Alerts lead here; nothing begins before somebody says so. What the user may do is known a moment later.
  const retryAsked = params.get("action") === "retry";
  const [answered, setAnswered] = useState(!retryAsked || !canRetryByLink(execution));
  if (!answered && mayRun) {
    setAnswered(true);
    setDialog({ kind: "rerun", revision: "original", fromStep: execution.failure?.node_id ?? null });
  }
  const selected = params.get("step") ?? mainStep(execution.steps)?.node_id ?? null;
  const step = execution.steps.find((one) => one.node_id === selected);
  const panel = useRef<HTMLDivElement>(null);
  const select = (nodeId: string) => {
    navigate(executionPath(execution.id, { step: nodeId, ...(other && { with: other }) }), { replace: true });
    if (narrow) panel.current?.scrollIntoView({ block: "start" });
  };
  const graph = useRunOnCanvas(execution, selected, select);
  const close = () => setDialog(null);
  return (
    <main ref={root} className={styles.page} data-testid="execution-page" data-execution={execution.id}>
      <ExecutionHeader execution={execution} stale={stale} actions={<RepairMenu execution={execution} selected={step?.node_id ?? null} onAsk={setDialog} />} />
      {other ? (
        <Suspense fallback={null}>
          <CompareView executionId={execution.id} withId={other} onClose={() => navigate(executionPath(execution.id, selected ? { step: selected } : {}), { replace: true })} />
        </Suspense>
      ) : (
        <>
          {retryAsked && <RetryAsked execution={execution} />}
          <FailureCard execution={execution} onSelect={select} actions={<FailureActions execution={execution} onAsk={setDialog} />} />
          <div className={styles.main}>
            <div className={styles.left}>
              <div className={styles.canvas}>{graph ? <Canvas graph={graph} narrow={narrow} /> : <p className={styles.noGraph}>{t("noGraph")}</p>}</div>
              <div className={styles.timeline}>
                <Timeline execution={execution} selected={step?.node_id ?? null} onSelect={select} />
              </div>
            </div>
            <div ref={panel} className={styles.right}>
              {step && <StepPanel key={step.node_id} execution={execution} step={step} />}
            </div>
          </div>
        </>
      )}
      <Suspense fallback={null}>
        {dialog?.kind === "rerun" && <RerunDialog execution={execution} revision={dialog.revision} fromStep={dialog.fromStep} onClose={close} />}
        {dialog?.kind === "handle" && <HandleDialog executionId={execution.id} onClose={close} />}
        {dialog?.kind === "compare" && (
          <ComparePicker
            execution={execution}
            onClose={close}
            onPick={(id) => {
              close();
              navigate(executionPath(execution.id, { with: id }));
            }}
          />
        )}
      </Suspense>
    </main>
  );
}
