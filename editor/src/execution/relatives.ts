/** Which execution has started this one. */
import type { Execution } from "../api/types";
import { isObject } from "../schema/jsonSchema";

export interface Parent {
  executionId: string;
  name: string;
  nodeId: string | null;
}

export function parentOf(execution: Execution): Parent | null {
  const link = execution.parent;
  if (link) return { executionId: link.execution_id, name: link.workflow_name ?? link.workflow_id, nodeId: link.node_id };
  const { trigger } = execution;
  const parent = isObject(trigger) && isObject(trigger["parent"]) ? trigger["parent"] : {};
  const { workflow_id: name, execution_id: executionId, node_id: nodeId } = parent;
  if (typeof name !== "string" || typeof executionId !== "string") return null;
  return { executionId, name, nodeId: typeof nodeId === "string" ? nodeId : null };
}
