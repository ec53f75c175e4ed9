/** A server for tests: routes by method and path, answering JSON; unknown routes fail the test that asks for them. */
import { vi } from "vitest";

export interface FakeRequest {
  path: string;
  query: URLSearchParams;
  body: unknown;
}

export type FakeRoute = (request: FakeRequest) => unknown;

/** An answer other than 200. */
export class FakeProblem {
  constructor(
    readonly status: number,
    readonly document: Record<string, unknown>,
  ) {}
}

export interface FakeServer {
  /** What was asked, oldest first: "GET /api/executions/x". */
  calls: string[];
  requests: FakeRequest[];
}

/** Routes are written "GET /api/executions/{id}"; a part in braces matches anything without a slash. */
export function fakeServer(routes: Record<string, FakeRoute>): FakeServer {
  const server: FakeServer = { calls: [], requests: [] };
  vi.stubGlobal("fetch", async (input: Request) => {
    const url = new URL(input.url);
    const path = decodeURIComponent(url.pathname.replace(/^.*\/flowforge(?=\/api)/, ""));
    const text = await input.text();
    const request: FakeRequest = { path, query: url.searchParams, body: text === "" ? null : (JSON.parse(text) as unknown) };
    server.calls.push(`${input.method} ${path}`);
    server.requests.push(request);
    if (input.signal.aborted) throw new DOMException("aborted", "AbortError");
    const route = Object.entries(routes).find(([pattern]) => matches(pattern, `${input.method} ${path}`))?.[1];
    const answer = route ? route(request) : new FakeProblem(404, { detail: `The test has no route ${input.method} ${path}.` });
    if (answer instanceof FakeProblem) return json(answer.document, answer.status);
    return json(answer, 200);
  });
  return server;
}

function matches(pattern: string, call: string): boolean {
  const source = pattern.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{\w+\}/g, "[^/]+");
  return new RegExp(`^${source}$`).test(call);
}

function json(document: unknown, status: number): Response {
  return new Response(JSON.stringify(document), { status, headers: { "content-type": "application/json" } });
}
