/** Executions beyond reading one: list, cancel, one step whole, and logs. */
import type { components, operations } from "../../openapi-gen/schema";
import { api, apiBase, problemOf, unwrap } from "./client";
import type { StepState } from "./types";

export type ExecutionQuery = NonNullable<operations["list_executions"]["parameters"]["query"]>;

export async function fetchExecution(id: string, signal: AbortSignal) {
  return unwrap(await api.GET("/api/executions/{execution_id}", { signal, params: { path: { execution_id: id } } }));
}

export async function fetchExecutions(query: { workflow_id: string; limit: number; cursor?: string }, signal: AbortSignal) {
  return unwrap(await api.GET("/api/executions", { signal, params: { query } }));
}

/** A page of all executions that the user may see, newest first. */
export async function listExecutions(query: ExecutionQuery, signal: AbortSignal, locale = "en") {
  return unwrap(await api.GET("/api/executions", { signal, params: { query, header: { "accept-language": locale } } }));
}

export async function cancelExecution(id: string) {
  return unwrap(await api.POST("/api/executions/{execution_id}/cancel", { params: { path: { execution_id: id } } }));
}

/** Answer the question that a step asks; the first option approves. */
export async function answerStep(answer: { executionId: string; nodeId: string; mapIndex: number; option: string; values: Record<string, string | number | boolean | null> }) {
  const path = { execution_id: answer.executionId, node_id: answer.nodeId };
  const body = { option: answer.option, values: answer.values, map_index: answer.mapIndex };
  return unwrap(await api.POST("/api/executions/{execution_id}/steps/{node_id}/answer", { params: { path }, body }));
}

/** One step with all of its input and output, however large; in a loop, as one of the items took it. */
export async function fetchStep(executionId: string, nodeId: string, signal: AbortSignal, item: number | null = null) {
  const path = { execution_id: executionId, node_id: nodeId };
  const query = item === null ? {} : { item };
  return unwrap(await api.GET("/api/executions/{execution_id}/steps/{node_id}", { signal, params: { path, query } }));
}

/** A page of the items that a step in a loop has, in the order of the list. */
export async function fetchStepItems(executionId: string, nodeId: string, query: { state?: StepState; limit: number; offset: number }, signal: AbortSignal) {
  const path = { execution_id: executionId, node_id: nodeId };
  return unwrap(await api.GET("/api/executions/{execution_id}/steps/{node_id}/items", { signal, params: { path, query } }));
}

/** One try of a step; in a loop, of one of its items. */
export interface LogTry {
  executionId: string;
  nodeId: string;
  item: number | null;
  tryNumber: number;
}

export async function fetchStepLogs({ token, ...one }: LogTry & { token: string | null }, signal: AbortSignal) {
  const path = { execution_id: one.executionId, node_id: one.nodeId };
  const query = { try_number: one.tryNumber, ...(token === null ? {} : { token }), ...(one.item === null ? {} : { item: one.item }) };
  return unwrap(await api.GET("/api/executions/{execution_id}/steps/{node_id}/logs", { signal, params: { path, query } }));
}

/** The stream that tells a log as it is written. */
export function logEventsPath(one: LogTry): string {
  return logPath(one, "events");
}

/** The whole log as a text file, however long it is. */
export function logDownloadUrl(one: LogTry): string {
  return `${apiBase()}${logPath(one, "download")}`;
}

function logPath({ executionId, nodeId, item, tryNumber }: LogTry, end: "events" | "download"): string {
  const query = new URLSearchParams({ try_number: String(tryNumber), ...(item !== null && { item: String(item) }) });
  return `/api/executions/${encodeURIComponent(executionId)}/steps/${encodeURIComponent(nodeId)}/logs/${end}?${query.toString()}`;
}

type Schemas = components["schemas"];
export type RerunBody = Schemas["RerunBody"];
export type RerunPlan = Schemas["RerunPlanResponse"];
export type Comparison = Schemas["ExecutionComparison"];
export type ValueDifference = Schemas["ValueDifference"];
export type Failure = Schemas["Failure"];

export async function cancelExecutions(ids: string[]) {
  return unwrap(await api.POST("/api/executions/cancel", { body: { ids } }));
}

/** Let failed steps, and what follows them, run again in the same execution. */
export async function retryExecution(id: string, nodes: string[] | null = null) {
  return unwrap(await api.POST("/api/executions/{execution_id}/retry", { params: { path: { execution_id: id } }, body: { nodes } }));
}

/** What running it again would do, and what is in the way. */
export async function fetchRerunPlan(id: string, query: { from_step?: string; revision: "original" | "latest" }, signal: AbortSignal) {
  return unwrap(await api.GET("/api/executions/{execution_id}/rerun", { signal, params: { path: { execution_id: id }, query } }));
}

/** Start a new execution with the same trigger. */
export async function rerunExecution(id: string, body: RerunBody, locale = "en") {
  const header = { "accept-language": locale };
  return unwrap(await api.POST("/api/executions/{execution_id}/rerun", { params: { path: { execution_id: id }, header }, body }));
}

export async function handleExecutions(ids: string[], comment: string) {
  return unwrap(await api.POST("/api/executions/handled", { body: { ids, handled: true, comment } }));
}

export async function handleExecution(id: string, comment: string) {
  return unwrap(await api.POST("/api/executions/{execution_id}/handled", { params: { path: { execution_id: id } }, body: { comment } }));
}

/** Take the mark away again. */
export async function unhandleExecution(id: string): Promise<void> {
  const outcome = await api.DELETE("/api/executions/{execution_id}/handled", { params: { path: { execution_id: id } } });
  if (!outcome.response.ok) throw problemOf(outcome);
}

export async function compareExecutions(left: string, right: string, signal: AbortSignal) {
  return unwrap(await api.GET("/api/executions/{execution_id}/compare", { signal, params: { path: { execution_id: left }, query: { with: right } } }));
}
