/** What the forms ask the server. */
import { useQuery } from "@tanstack/react-query";
import { api, apiBase, problemOf, unwrap } from "../api/client";
import { NO_LANGUAGE, type Language, type LanguageWord } from "../expressions/complete";
import { isObject, type Json, type JsonObject } from "../schema/jsonSchema";
import { readSuggestions, type Suggestion } from "./suggestions";

export async function previewExpression(template: Json, data: JsonObject, signal: AbortSignal) {
  return unwrap(await api.POST("/api/expressions/preview", { signal, body: { template, data } }));
}

export interface CronSchedule {
  expression: string;
  further: readonly string[];
  timezone: string;
  startAt: string;
  endAt: string;
}

export async function previewCron(schedule: CronSchedule, signal: AbortSignal) {
  const { expression, further, timezone, startAt, endAt } = schedule;
  const body = { expression, further_expressions: [...further], timezone, start_at: startAt, end_at: endAt, count: 10 };
  const { next_runs: nextRuns, readings, error } = unwrap(await api.POST("/api/cron/preview", { signal, body }));
  return { nextRuns, readings: readings ?? [], fault: error?.message ?? null };
}

export async function createWebhookToken(connectionId: string | null) {
  return unwrap(await api.POST("/api/connections/webhook-token", { body: { connection_id: connectionId } }));
}

export function useConnections(connTypes: readonly string[]) {
  return useQuery({
    queryKey: ["connections", connTypes],
    queryFn: async ({ signal }) =>
      unwrap(await api.GET("/api/connections", { signal, params: { query: { conn_type: [...connTypes] } } })).connections,
  });
}

/** How the mailboxes fare that the published workflow watches. */
export function useMailboxes(workflowId: string) {
  return useQuery({
    queryKey: ["mailboxes", workflowId],
    refetchInterval: 5000,
    retry: false,
    queryFn: async ({ signal }) =>
      unwrap(await api.GET("/api/workflows/{workflow_id}/mailboxes", { signal, params: { path: { workflow_id: workflowId } } })).mailboxes,
  });
}

/** What a field offers. The route comes from the node type's schema, so no generated type knows it. */
export function useSuggestions(route: string | null) {
  return useQuery({
    queryKey: ["suggestions", route],
    enabled: route !== null && route !== "",
    staleTime: 60_000,
    retry: false,
    queryFn: async ({ signal }): Promise<Suggestion[]> => {
      const response = await fetch(new Request(`${apiBase()}${route}`, { signal, credentials: "same-origin", headers: { Accept: "application/json" } }));
      const answer: unknown = await response.json().catch(() => null);
      if (!response.ok) throw problemOf({ response, error: answer });
      return readSuggestions(answer);
    },
  });
}

/** Names, functions, filters and tests of expressions; empty until they have been read. */
export function useLanguage(): Language {
  const query = useQuery({
    queryKey: ["expression-language"],
    staleTime: Infinity,
    queryFn: async ({ signal }) => readLanguage(unwrap(await api.GET("/api/expressions/language", { signal }))),
  });
  return query.data ?? NO_LANGUAGE;
}

export function readLanguage(answer: { [key: string]: unknown }): Language {
  return { names: words(answer["names"]), functions: words(answer["functions"]), filters: words(answer["filters"]), tests: words(answer["tests"]) };
}

function words(list: unknown): LanguageWord[] {
  if (!Array.isArray(list)) return [];
  return list.filter(isObject).map((word) => ({
    name: String(word["name"]),
    ...(typeof word["signature"] === "string" ? { signature: word["signature"] } : {}),
    ...(typeof word["doc"] === "string" ? { summary: word["doc"].replace(/``/g, "") } : {}),
    ...(typeof word["example"] === "string" ? { example: exampleText(word["example"], word["result"]) } : {}),
  }));
}

function exampleText(example: string, result: Json | undefined): string {
  return result === undefined ? example : `${example} → ${JSON.stringify(result)}`;
}
