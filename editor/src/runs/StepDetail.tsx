import { useState } from "react";
import { Tabs, type TabItem } from "../components/Tabs";
import { useMessages } from "../i18n/useMessages";
import { Link } from "../island/Link";
import { executionPath, workflowPath } from "../island/route";
import { ApprovalCard } from "./ApprovalCard";
import { ItemsDetail } from "./ItemsDetail";
import { runsMessages } from "./messages";
import styles from "./runs.module.css";
import { StepData } from "./StepData";
import { StepError } from "./StepError";
import { StepLogs } from "./log/StepLogs";
import { StepTries } from "./StepTries";
import { readFault, type Approval, type Step } from "./types";

type Tab = "question" | "output" | "input" | "error" | "logs" | "tries";

/** One step of a run: what it gave, what it got, why it failed, what it wrote; in a loop, for the chosen item. */
export function StepDetail({ executionId, step, approvals = [] }: { executionId: string; step: Step; approvals?: readonly Approval[] }) {
  const { items } = step;
  const asked = approvals.filter((one) => one.node_id === step.node_id);
  if (!items || items.total === 0) return <StepParts executionId={executionId} step={step} item={null} approvals={asked} />;
  return <ItemsDetail executionId={executionId} step={step} items={items} render={(one, item) => <StepParts key={item} executionId={executionId} step={one} item={item} approvals={asked} />} />;
}

function StepParts({ executionId, step, item, approvals }: { executionId: string; step: Step; item: number | null; approvals: readonly Approval[] }) {
  const t = useMessages(runsMessages);
  const fault = readFault(step.error);
  const [chosen, setChosen] = useState<Tab | null>(null);
  const [logTry, setLogTry] = useState<number | null>(null);
  const tries = step.attempts ?? [];
  const gone = (chosen === "error" && !fault) || (chosen === "question" && approvals.length === 0) || (chosen === "tries" && tries.length === 0);
  // Until the reader chooses, the tab that tells most: what is asked, or the error of a failed step.
  const most = approvals.length > 0 ? "question" : fault ? "error" : "output";
  const selected = gone ? "output" : (chosen ?? most);
  const tabs: TabItem<Tab>[] = [
    ...(approvals.length > 0 ? [{ id: "question" as const, label: t("question") }] : []),
    ...(fault ? [{ id: "error" as const, label: t("error") }] : []),
    { id: "output", label: t("output") },
    { id: "input", label: t("input") },
    { id: "logs", label: t("logs") },
    ...(tries.length > 0 ? [{ id: "tries" as const, label: t("triesTab"), extra: tries.length > 1 ? <span className={styles.tries}>{tries.length}</span> : null }] : []),
  ];
  return (
    <section className={styles.detail} aria-label={step.name || step.node_id} data-testid="step-detail">
      <Tabs tabs={tabs} selected={selected} onSelect={setChosen} label={step.name || step.node_id}>
        <div className={styles.detailBody} data-testid={`step-${selected}`}>
          {selected === "question" && approvals.map((approval) => <ApprovalCard key={`${approval.map_index}-${approval.requested_at}`} executionId={executionId} approval={approval} />)}
          {selected === "output" && step.reused && <Reused from={step.reused_from ?? null} />}
          {selected === "output" && step.child_execution_id && <ChildLink executionId={step.child_execution_id} />}
          {selected === "error" && fault && <StepError step={step} fault={fault} onLogs={() => setChosen("logs")} />}
          {selected === "output" && <StepData executionId={executionId} step={step} part="output" />}
          {selected === "input" && <StepData executionId={executionId} step={step} part="input" />}
          {selected === "logs" && <StepLogs key={logTry} executionId={executionId} step={step} item={item} firstTry={logTry} />}
          {selected === "tries" && (
            <StepTries
              executionId={executionId}
              step={step}
              item={item}
              onLog={(tryNumber) => {
                setLogTry(tryNumber);
                setChosen("logs");
              }}
            />
          )}
        </div>
      </Tabs>
    </section>
  );
}

/** Of a step that an execution has taken over from an earlier one. */
function Reused({ from }: { from: string | null }) {
  const t = useMessages(runsMessages);
  return (
    <p className={styles.emptyNote} data-testid="step-reused">
      {t("reused")} {from !== null && <Link to={executionPath(from)}>{t("reusedFrom")}</Link>}
    </p>
  );
}

function ChildLink({ executionId }: { executionId: string }) {
  const t = useMessages(runsMessages);
  const [workflowId = ""] = executionId.split(".");
  return (
    <p className={styles.emptyNote}>
      <Link to={workflowPath(workflowId, executionId)} data-testid="child-execution">
        {t("openChild", { workflow: workflowId })}
      </Link>
    </p>
  );
}
