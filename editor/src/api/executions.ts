/** Executions beyond reading one: list, cancel, one step whole, and logs. */
import { api, unwrap } from "./client";

export async function fetchExecution(id: string, signal: AbortSignal) {
  return unwrap(await api.GET("/api/executions/{execution_id}", { signal, params: { path: { execution_id: id } } }));
}

export async function fetchExecutions(query: { workflow_id: string; limit: number; offset: number }, signal: AbortSignal) {
  return unwrap(await api.GET("/api/executions", { signal, params: { query } }));
}

export async function cancelExecution(id: string) {
  return unwrap(await api.POST("/api/executions/{execution_id}/cancel", { params: { path: { execution_id: id } } }));
}

/** One step with all of its input and output, however large. */
export async function fetchStep(executionId: string, nodeId: string, signal: AbortSignal) {
  const path = { execution_id: executionId, node_id: nodeId };
  return unwrap(await api.GET("/api/executions/{execution_id}/steps/{node_id}", { signal, params: { path } }));
}

export async function fetchStepLogs(step: { executionId: string; nodeId: string; tryNumber: number; token: string | null }, signal: AbortSignal) {
  const path = { execution_id: step.executionId, node_id: step.nodeId };
  const query = { try_number: step.tryNumber, ...(step.token === null ? {} : { token: step.token }) };
  return unwrap(await api.GET("/api/executions/{execution_id}/steps/{node_id}/logs", { signal, params: { path, query } }));
}
