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
  if (target.items) return edgeToItems(target);
  if (source.state === "success") {
    const leftByError = isError(source);
    if (target.state === "skipped" || leftByError !== (edge.source_port === "error")) return "untaken";
    return target.state === "running" ? "flowing" : "taken";
  }
  if (["failed", "skipped", "upstream_failed", "cancelled"].includes(source.state)) return "untaken";
  return "waiting";
}

/** Inside a loop each item takes its own way; an edge tells whether any of them came along. */
function edgeToItems(target: Step): EdgeRunState {
  const counts = target.items?.counts ?? {};
  const count = (...states: Step["state"][]) => states.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
  if (count("running", "up_for_retry") > 0) return "flowing";
  if (count("success", "failed") > 0) return "taken";
  return count("none", "scheduled", "queued") > 0 ? "waiting" : "untaken";
}

/** How many items of a loop are through a step, and how many of those did not make it; null outside of loops. */
export function itemProgress(step: Step): { done: number; failed: number; total: number } | null {
  if (!step.items) return null;
  const { counts, total } = step.items;
  const count = (...states: Step["state"][]) => states.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
  return { done: count("success", "failed", "skipped", "upstream_failed", "cancelled"), failed: count("failed"), total };
}

/** A step that succeeded as a task, but whose output is the error it ended with. */
export function isError(step: Step): boolean {
  const output = step.output;
  if (!output || typeof output !== "object" || Array.isArray(output)) return false;
  const keys = Object.keys(output);
  return keys.length === 1 && keys[0] === "error";
}
