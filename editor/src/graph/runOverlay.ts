/** What a run did, told of nodes and edges. Pure. */
import type { Execution, Step } from "../api/types";
import type { GraphEdge } from "./types";

const steps = new WeakMap<Execution, Map<string, Step>>();

/** Steps by node id, worked out once for each answer of the server. */
export function stepsOf(execution: Execution): Map<string, Step> {
  let map = steps.get(execution);
  if (!map) {
    map = new Map(execution.steps.map((step) => [step.node_id, step]));
    steps.set(execution, map);
  }
  return map;
}

export function stepOf(execution: Execution | null, nodeId: string): Step | undefined {
  return execution ? stepsOf(execution).get(nodeId) : undefined;
}

export type EdgeRunState = "idle" | "taken" | "untaken" | "waiting" | "flowing";

/** Whether a run went along an edge. A failed step whose output is an error has left by its `error` port. */
export function edgeRunState(execution: Execution | null, edge: GraphEdge): EdgeRunState {
  if (!execution) return "idle";
  const source = stepOf(execution, edge.source);
  const target = stepOf(execution, edge.target);
  if (!source || !target) return "idle";
  if (source.state === "success") {
    const leftByError = isError(source);
    if (target.state === "skipped" || leftByError !== (edge.source_port === "error")) return "untaken";
    return target.state === "running" ? "flowing" : "taken";
  }
  if (["failed", "skipped", "upstream_failed", "cancelled"].includes(source.state)) return "untaken";
  return "waiting";
}

/** A step that succeeded as a task, but whose output is the error it ended with. */
export function isError(step: Step): boolean {
  const output = step.output;
  if (!output || typeof output !== "object" || Array.isArray(output)) return false;
  const keys = Object.keys(output);
  return keys.length === 1 && keys[0] === "error";
}
