/** Executions as the API answers them. */
import type { Json, JsonObject } from "../schema/jsonSchema";

export type ExecutionState = "queued" | "running" | "success" | "failed" | "cancelled";
export type StepState =
  | "none"
  | "scheduled"
  | "queued"
  | "running"
  | "success"
  | "failed"
  | "skipped"
  | "up_for_retry"
  | "upstream_failed"
  | "cancelled";

export interface StepError {
  type?: string;
  code?: string;
  message?: string;
  detail?: Json;
  try_number?: number;
}

export interface Step {
  node_id: string;
  name: string;
  type: string;
  state: StepState;
  tries: number;
  max_tries: number;
  started_at: string | null;
  ended_at: string | null;
  duration_s: number | null;
  input: Json;
  output: Json;
  error: StepError | null;
}

export interface ExecutionSummary {
  id: string;
  workflow_id: string;
  workflow_name?: string;
  run_id: string;
  state: ExecutionState;
  trigger: JsonObject | string | null;
  revision: number | null;
  created_at: string | null;
  started_at: string | null;
  ended_at: string | null;
  duration_s?: number | null;
}

export interface Execution extends ExecutionSummary {
  seq: number | null;
  steps: Step[];
  airflow_url: string | null;
}

export interface LogLine {
  timestamp: string | null;
  level: string | null;
  message: string;
}

export interface LogPage {
  lines: LogLine[];
  next_token: string | null;
  done: boolean;
}

export function isFinished(state: ExecutionState | undefined): boolean {
  return state === "success" || state === "failed" || state === "cancelled";
}

export function isStepActive(state: StepState): boolean {
  return state === "running" || state === "queued" || state === "scheduled" || state === "up_for_retry";
}

/** The kind of trigger: the API names it plainly in lists and gives its data in details. */
export function triggerKind(trigger: JsonObject | string | null): string {
  if (typeof trigger === "string") return trigger;
  return typeof trigger?.["type"] === "string" ? trigger["type"] : "manual";
}
