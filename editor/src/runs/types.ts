/** Executions, as the generated types have them, and questions about them. */
import type { components } from "../../openapi-gen/schema";
import type { Execution, ExecutionState, ExecutionSummary, Step, StepState } from "../api/types";
import { isObject } from "../schema/jsonSchema";

export type { Execution, ExecutionState, ExecutionSummary, Step, StepState };
export type StepItems = components["schemas"]["StepItems"];
export type Approval = components["schemas"]["ApprovalRequest"];
export type LogLine = components["schemas"]["LogLine"];
export type LogPage = components["schemas"]["LogResponse"];

/** Why a try failed. The API leaves its shape open, so each part is checked when it is read. */
export interface StepFault {
  type: string | null;
  code: string;
  message: string;
  detail: unknown;
  tryNumber: number | null;
}

export function isFinished(state: ExecutionState | undefined): boolean {
  return state === "success" || state === "failed" || state === "cancelled";
}

/** Whether the state of a step can still change by itself. */
export function isStepActive(state: StepState): boolean {
  return state === "running" || state === "queued" || state === "scheduled" || state === "up_for_retry";
}

export function readFault(error: unknown): StepFault | null {
  if (!isObject(error)) return typeof error === "string" && error !== "" ? { type: null, code: "step-error", message: error, detail: null, tryNumber: null } : null;
  const text = (key: string) => (typeof error[key] === "string" ? error[key] : null);
  return {
    type: text("type"),
    code: text("code") ?? "step-error",
    message: text("message") ?? "",
    detail: error["detail"] ?? null,
    tryNumber: typeof error["try_number"] === "number" ? error["try_number"] : null,
  };
}

/** The step that a reader wants to see first: the one that failed, else what runs now, else the last that ended. */
export function mainStep(steps: readonly Step[]): Step | undefined {
  return (
    steps.find((step) => step.state === "failed") ??
    steps.find((step) => step.state === "running" || step.state === "up_for_retry") ??
    [...steps].reverse().find((step) => step.state === "success") ??
    steps[0]
  );
}
