/** Executions: read, list, cancel, and the logs of their steps. */
import type { Execution, ExecutionSummary, LogPage } from "../runs/types";
import { api, unwrap } from "./client";

interface Outcome {
  data?: unknown;
  error?: unknown;
  response: Response;
}
type Call = (path: string, init: object) => Promise<Outcome>;
const untyped = api as unknown as { GET: Call; POST: Call };

export async function fetchExecution(id: string, signal?: AbortSignal): Promise<Execution> {
  return unwrap(await untyped.GET("/api/executions/{execution_id}", { signal, params: { path: { execution_id: id } } })) as Execution;
}

export interface ExecutionList {
  executions: ExecutionSummary[];
  total_entries: number;
}

export async function fetchExecutions(
  query: { workflow_id: string; state?: string; limit: number; offset: number },
  signal?: AbortSignal,
): Promise<ExecutionList> {
  return unwrap(await untyped.GET("/api/executions", { signal, params: { query } })) as ExecutionList;
}

export async function cancelExecution(id: string): Promise<Execution> {
  return unwrap(await untyped.POST("/api/executions/{execution_id}/cancel", { params: { path: { execution_id: id } } })) as Execution;
}

export async function fetchStepLogs(
  step: { executionId: string; nodeId: string; tryNumber: number; token: string | null },
  signal?: AbortSignal,
): Promise<LogPage> {
  const query = { try_number: step.tryNumber, ...(step.token === null ? {} : { token: step.token }) };
  const path = { execution_id: step.executionId, node_id: step.nodeId };
  return unwrap(await untyped.GET("/api/executions/{execution_id}/steps/{node_id}/logs", { signal, params: { path, query } })) as LogPage;
}
