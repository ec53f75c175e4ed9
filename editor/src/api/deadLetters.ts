/** Dead letters: what failed for good, by cause. */
import { api, unwrap } from "./client";
import type { components } from "../../openapi-gen/schema";

type Schemas = components["schemas"];

export type DeadLetterGroup = Schemas["DeadLetterGroup"];
export type DeadLetter = Schemas["DeadLetter"];
export type Redrive = Schemas["Redrive"];

export const DEAD_LETTERS_KEY = ["dead-letters"] as const;

export interface DeadLetterQuery {
  workflow_id?: string;
  state: "open" | "all";
  limit: number;
  cursor?: string;
}

export async function fetchDeadLetterGroups(query: DeadLetterQuery, signal: AbortSignal) {
  return unwrap(await api.GET("/api/dead-letters", { signal, params: { query } }));
}

export async function fetchDeadLetters(groupId: string, query: { state: "open" | "all"; limit: number; cursor?: string }, signal: AbortSignal) {
  return unwrap(await api.GET("/api/dead-letters/{group_id}/entries", { signal, params: { path: { group_id: groupId }, query } }));
}

/** Why the newest of a group failed and what to do about it, in the language of the editor; null where nothing is known. */
export async function fetchExplanation(executionId: string, locale: string, signal: AbortSignal) {
  const execution = unwrap(await api.GET("/api/executions/{execution_id}", { signal, headers: { "Accept-Language": locale }, params: { path: { execution_id: executionId } } }));
  return execution.failure ?? null;
}

export async function redriveGroup(groupId: string, body: { ids?: string[]; revision: "latest" | "original"; per_minute: number }) {
  return unwrap(await api.POST("/api/dead-letters/{group_id}/redrive", { params: { path: { group_id: groupId } }, body }));
}

export async function stopRedrive(redriveId: string) {
  return unwrap(await api.POST("/api/dead-letters/redrives/{redrive_id}/stop", { params: { path: { redrive_id: redriveId } } }));
}

export async function discardGroup(groupId: string, body: { ids?: string[]; comment: string }) {
  return unwrap(await api.POST("/api/dead-letters/{group_id}/discard", { params: { path: { group_id: groupId } }, body }));
}
