import type { Execution, Step } from "../api/types";
import { useEditor } from "../store/editorStore";
import { NodeIcon } from "../components/NodeIcon";
import { StepMark } from "../runs/StateMark";
import { StepDetail } from "../runs/StepDetail";
import styles from "./execution.module.css";

/** The chosen step: output, input, error, log, tries. */
export function StepPanel({ execution, step }: { execution: Execution; step: Step }) {
  const icon = useEditor((state) => state.nodeTypes.get(step.type)?.icon);
  return (
    <>
      <header className={styles.stepHead}>
        <StepMark state={step.state} />
        <NodeIcon name={icon ?? "blocks"} size={16} />
        <h2 title={step.node_id}>{step.name || step.node_id}</h2>
      </header>
      <div className={styles.stepDetail}>
        <StepDetail executionId={execution.id} step={step} approvals={execution.approvals ?? []} />
      </div>
    </>
  );
}
