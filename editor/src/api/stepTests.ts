/** Testing one step of a draft on a worker: start, read, stop, logs, and what data it would see. */
import type { components } from "../../openapi-gen/schema";
import { api, unwrap } from "./client";

type Schemas = components["schemas"];
export type StepTest = Schemas["StepTestResponse"];
export type StepTestPlan = Schemas["StepTestPlanResponse"];
export type StepTestBody = Schemas["StepTestBody"];
export type SampleSource = Schemas["StepTestStarted"]["sources"][string];

/** Without a body, what is pinned and the trigger's example do. */
export async function startStepTest(workflowId: string, nodeId: string, body: Partial<StepTestBody>) {
  const path = { workflow_id: workflowId, node_id: nodeId };
  return unwrap(await api.POST("/api/workflows/{workflow_id}/steps/{node_id}/test", { params: { path }, body: body as StepTestBody }));
}

export interface TestId {
  workflowId: string;
  nodeId: string;
  testId: string;
}

const ONE = "/api/workflows/{workflow_id}/steps/{node_id}/test/{test_id}";

export async function fetchStepTest(test: TestId, signal: AbortSignal) {
  return unwrap(await api.GET(ONE, { signal, params: { path: pathOf(test) } }));
}

export async function cancelStepTest(test: TestId) {
  return unwrap(await api.DELETE(ONE, { params: { path: pathOf(test) } }));
}

export async function fetchStepTestLog(test: TestId, token: string | null, signal: AbortSignal) {
  return unwrap(await api.GET(`${ONE}/logs`, { signal, params: { path: pathOf(test), query: token === null ? {} : { token } } }));
}

export interface PlanQuery {
  execution_id?: string;
  delivery_id?: string;
  item_index?: number;
  use_pins?: boolean;
}

/** What a test would see, and where each part comes from. */
export async function fetchStepTestPlan(workflowId: string, nodeId: string, query: PlanQuery, signal: AbortSignal) {
  const path = { workflow_id: workflowId, node_id: nodeId };
  return unwrap(await api.GET("/api/workflows/{workflow_id}/steps/{node_id}/test", { signal, params: { path, query } }));
}

function pathOf({ workflowId, nodeId, testId }: TestId) {
  return { workflow_id: workflowId, node_id: nodeId, test_id: testId };
}
