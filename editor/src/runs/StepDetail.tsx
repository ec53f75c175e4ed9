import { useState } from "react";
import { Tabs, type TabItem } from "../components/Tabs";
import { useMessages } from "../i18n/useMessages";
import { ItemsDetail } from "./ItemsDetail";
import { runsMessages } from "./messages";
import styles from "./runs.module.css";
import { StepData } from "./StepData";
import { StepError } from "./StepError";
import { StepLogs } from "./StepLogs";
import { readFault, type Step } from "./types";

type Tab = "output" | "input" | "error" | "logs";

/** One step of a run: what it gave, what it got, why it failed, what it wrote; in a loop, for the chosen item. */
export function StepDetail({ executionId, step }: { executionId: string; step: Step }) {
  const { items } = step;
  if (!items || items.total === 0) return <StepParts executionId={executionId} step={step} item={null} />;
  return <ItemsDetail executionId={executionId} step={step} items={items} render={(one, item) => <StepParts key={item} executionId={executionId} step={one} item={item} />} />;
}

function StepParts({ executionId, step, item }: { executionId: string; step: Step; item: number | null }) {
  const t = useMessages(runsMessages);
  const fault = readFault(step.error);
  const [chosen, setChosen] = useState<Tab | null>(null);
  // Until the reader chooses, the tab that tells most: the error of a failed step.
  const selected = chosen === "error" && !fault ? "output" : (chosen ?? (fault ? "error" : "output"));
  const tabs: TabItem<Tab>[] = [
    ...(fault ? [{ id: "error" as const, label: t("error") }] : []),
    { id: "output", label: t("output") },
    { id: "input", label: t("input") },
    { id: "logs", label: t("logs") },
  ];
  return (
    <section className={styles.detail} aria-label={step.name || step.node_id} data-testid="step-detail">
      <Tabs tabs={tabs} selected={selected} onSelect={setChosen} label={step.name || step.node_id}>
        <div className={styles.detailBody} data-testid={`step-${selected}`}>
          {selected === "error" && fault && <StepError step={step} fault={fault} onLogs={() => setChosen("logs")} />}
          {selected === "output" && <StepData executionId={executionId} step={step} part="output" />}
          {selected === "input" && <StepData executionId={executionId} step={step} part="input" />}
          {selected === "logs" && <StepLogs executionId={executionId} step={step} item={item} />}
        </div>
      </Tabs>
    </section>
  );
}
