/** What changes workflows on the server: plain functions that throw ApiProblem. */
import type { Graph } from "../graph/types";
import { api, apiBase, problemOf, unwrap } from "./client";
import type { WorkflowDetail } from "./types";

type JsonObject = Record<string, unknown>;

export async function createWorkflow(name: string, graph: Graph | JsonObject | null): Promise<WorkflowDetail> {
  return unwrap(await api.POST("/api/workflows", { body: { name, ...(graph ? { graph: graph as JsonObject } : {}) } }));
}

export async function readTemplate(id: string) {
  return unwrap(await api.GET("/api/templates/{template_id}", { params: { path: { template_id: id } } }));
}

export async function importWorkflow(document: JsonObject, name: string | null): Promise<WorkflowDetail> {
  return unwrap(await api.POST("/api/workflows/import", { body: { document, ...(name ? { name } : {}) } }));
}

export async function duplicateWorkflow(id: string, name: string | null): Promise<WorkflowDetail> {
  return unwrap(await api.POST("/api/workflows/{workflow_id}/duplicate", { params: { path: { workflow_id: id } }, body: { ...(name ? { name } : {}) } }));
}

export async function readWorkflow(id: string): Promise<WorkflowDetail> {
  return unwrap(await api.GET("/api/workflows/{workflow_id}", { params: { path: { workflow_id: id } } }));
}

/** Save name or graph over the version that was read; a newer one on the server is a 412. */
export async function patchWorkflow(id: string, version: number, patch: { name?: string; graph?: Graph }, keepalive = false): Promise<WorkflowDetail> {
  return unwrap(
    await api.PATCH("/api/workflows/{workflow_id}", {
      params: { path: { workflow_id: id }, header: { "If-Match": `"${version}"` } },
      body: patch as unknown as { name?: string; graph?: JsonObject },
      keepalive,
    }),
  );
}

export async function deleteWorkflow(id: string, force: boolean): Promise<void> {
  const outcome = await api.DELETE("/api/workflows/{workflow_id}", { params: { path: { workflow_id: id }, query: { force } } });
  if (!outcome.response.ok) throw problemOf(outcome);
}

export async function publishWorkflow(id: string, version: number, message: string) {
  return unwrap(
    await api.POST("/api/workflows/{workflow_id}/publish", {
      params: { path: { workflow_id: id }, header: { "If-Match": `"${version}"` } },
      body: { message },
    }),
  );
}

export async function unpublishWorkflow(id: string) {
  return unwrap(await api.POST("/api/workflows/{workflow_id}/unpublish", { params: { path: { workflow_id: id } } }));
}

export async function validateGraph(graph: Graph, signal: AbortSignal) {
  return unwrap(await api.POST("/api/validate", { signal, body: { graph: graph as unknown as JsonObject } }));
}

/** Start a run; `trigger` is the node that it begins at, or null for the usual one; `locale` is the language of what is said about single fields. */
export async function startExecution(workflowId: string, payload: unknown, trigger: string | null = null, locale = "en") {
  const header = { "accept-language": locale };
  return unwrap(await api.POST("/api/executions", { params: { header }, body: { workflow_id: workflowId, payload, ...(trigger ? { trigger } : {}) } }));
}

/** What a start by hand asks for: the form of the published trigger. */
export async function fetchPayloadForm(workflowId: string, trigger: string | null, signal: AbortSignal) {
  const query = trigger ? { trigger } : {};
  return unwrap(await api.GET("/api/workflows/{workflow_id}/payload-form", { signal, params: { path: { workflow_id: workflowId }, query } }));
}

/** Switch the schedules of a published workflow on or off. */
export async function switchSchedule(workflowId: string, active: boolean) {
  const params = { path: { workflow_id: workflowId } };
  return unwrap(active ? await api.POST("/api/cron/activate/{workflow_id}", { params }) : await api.POST("/api/cron/deactivate/{workflow_id}", { params }));
}

export async function cancelExecution(id: string) {
  return unwrap(await api.POST("/api/executions/{execution_id}/cancel", { params: { path: { execution_id: id } } }));
}

/** Where the browser downloads the workflow from. */
export function exportUrl(id: string, format: "json" | "python"): string {
  return `${apiBase()}/api/workflows/${encodeURIComponent(id)}/export?format=${format}`;
}
