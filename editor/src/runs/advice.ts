/** What a person can do about a failed step, by the code of its error. */
import { isObject } from "../schema/jsonSchema";
import type { StepFault } from "./types";

export type AdviceKey =
  | "advice.http-401"
  | "advice.http-403"
  | "advice.http-404"
  | "advice.http-429"
  | "advice.http-4xx"
  | "advice.http-5xx"
  | "advice.http"
  | "advice.expression"
  | "advice.connection"
  | "advice.postgres"
  | "advice.timeout"
  | "advice.output";

/** The key of the advice, or null when the error's own message says it all. */
export function adviceFor(fault: StepFault): AdviceKey | null {
  const { code } = fault;
  if (code === "http-status") return adviceForStatus(statusOf(fault.detail));
  if (code.startsWith("http-")) return "advice.http";
  if (code.startsWith("expression-") || code === "undefined") return "advice.expression";
  if (code.includes("connection")) return "advice.connection";
  if (code.startsWith("postgres-") || code.startsWith("sql-")) return "advice.postgres";
  if (code.includes("timeout")) return "advice.timeout";
  if (code.startsWith("output-too-")) return "advice.output";
  return null;
}

function statusOf(detail: unknown): number | null {
  const status = isObject(detail) ? detail["status"] : null;
  return typeof status === "number" ? status : null;
}

function adviceForStatus(status: number | null): AdviceKey {
  if (status === 401 || status === 403 || status === 404 || status === 429) return `advice.http-${status}`;
  return status !== null && status < 500 ? "advice.http-4xx" : "advice.http-5xx";
}
