import { useState } from "react";
import { describeError } from "../api/client";
import { Button } from "../components/Button";
import { JsonView } from "../components/json/JsonView";
import { useMessages } from "../i18n/useMessages";
import type { Json } from "../schema/jsonSchema";
import type { Path } from "../schema/paths";
import { runsMessages } from "./messages";
import styles from "./runs.module.css";
import type { Step } from "./types";
import { useWholeStep } from "./useWholeStep";

export interface StepDataProps {
  executionId: string;
  step: Step;
  part: "input" | "output";
}

/** Input or output of a step; too large ones are read on request. */
export function StepData({ executionId, step, part }: StepDataProps) {
  const t = useMessages(runsMessages);
  const [wanted, setWanted] = useState(false);
  const omitted = step.omitted.includes(part);
  const whole = useWholeStep(executionId, step, omitted && wanted);
  const value = ((omitted ? whole.data?.[part] : step[part]) ?? null) as Json;

  if (omitted && !whole.data) {
    return (
      <div className={styles.empty}>
        <p>{whole.isError ? describeError(whole.error) : t("omitted")}</p>
        <Button size="small" busy={whole.isFetching} onClick={() => (wanted ? void whole.refetch() : setWanted(true))}>
          {t("loadAll")}
        </Button>
      </div>
    );
  }
  if (value === null) return <p className={styles.emptyNote}>{t(emptyText(step, part))}</p>;
  const isTrigger = step.tries === 0 && isTriggerData(value);
  const rootPath: Path = part === "input" ? [] : isTrigger ? ["trigger"] : ["steps", step.node_id];
  return <JsonView value={value} rootPath={rootPath} withPaths={part === "output"} label={`${step.name || step.node_id}: ${t(part)}`} fileName={`${step.node_id}-${part}.json`} openDepth={3} />;
}

function isTriggerData(value: Json): boolean {
  return typeof value === "object" && value !== null && "received_at" in value && "type" in value;
}

function emptyText(step: Step, part: "input" | "output"): "noInput" | "noOutput" | "noOutputFailed" | "noOutputSkipped" | "noOutputUpstream" | "nullOutput" {
  if (step.state === "skipped") return "noOutputSkipped";
  if (step.state === "upstream_failed") return "noOutputUpstream";
  if (part === "input") return "noInput";
  if (step.state === "failed") return "noOutputFailed";
  return step.state === "success" ? "nullOutput" : "noOutput";
}
