/** The one way to the server: openapi-fetch on the generated types, and one error class for all failures. */
import createClient from "openapi-fetch";
import type { paths } from "../../openapi-gen/schema";
import type { Issue } from "./types";

/** Where FlowForge is mounted; relative to the host's base, because Airflow may sit under a sub-path. */
export function apiBase(): string {
  return new URL("flowforge", document.baseURI).href.replace(/\/$/, "");
}

/** A refusal of the server (RFC 9457 problem+json), or `status: 0` when no answer came. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly issues: Issue[];
  /** The whole document: some problems carry more, such as `current_version`. */
  readonly document: Record<string, unknown>;

  constructor(status: number, document: Record<string, unknown>) {
    const title = text(document["title"]) ?? `HTTP ${status}`;
    const detail = text(document["detail"]) ?? title;
    super(detail);
    this.name = "ApiProblem";
    this.status = status;
    this.code = text(document["code"]) ?? "http-error";
    this.detail = detail;
    this.issues = Array.isArray(document["issues"]) ? (document["issues"] as Issue[]) : [];
    this.document = document;
  }

  get isOffline(): boolean {
    return this.status === 0;
  }
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value ? value : undefined;
}

export const api = createClient<paths>({
  baseUrl: apiBase(),
  credentials: "same-origin",
  fetch: async (request) => {
    // The host's language, which need not be the browser's: what failed is explained in it.
    if (!request.headers.has("accept-language") && document.documentElement.lang) request.headers.set("accept-language", document.documentElement.lang);
    try {
      return await fetch(request);
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") throw error;
      throw new ApiProblem(0, { title: "No connection", detail: "The server cannot be reached.", code: "offline" });
    }
  },
});

interface Outcome<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Return the data of an answer, or throw what the server said. */
export function unwrap<T>(outcome: Outcome<T>): T {
  if (outcome.response.ok) return outcome.data as T;
  throw problemOf(outcome);
}

export function problemOf(outcome: { error?: unknown; response: Response }): ApiProblem {
  const document = outcome.error && typeof outcome.error === "object" ? (outcome.error as Record<string, unknown>) : {};
  return new ApiProblem(outcome.response.status, document);
}

export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
