/** The queue: what waits and why, pauses, and what operators do about it. */
import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "./client";
import type { components } from "../../openapi-gen/schema";

type Schemas = components["schemas"];

export type QueuePause = Schemas["QueuePause"];
export type QueueStats = Schemas["QueueStatsResponse"];
export type WorkflowQueue = Schemas["WorkflowQueue"];
export type QueueItem = Schemas["QueueItem"];
export type PauseState = Schemas["PauseStateResponse"];

/** Everything about the queue is read anew after a change. */
export const QUEUE_KEY = ["queue"] as const;

const PAUSE_MS = 10_000;
const STATS_MS = 3_000;

/** What is paused; every page tells of it. */
export function useQueuePause() {
  return useQuery({
    queryKey: [...QUEUE_KEY, "pause"],
    refetchInterval: PAUSE_MS,
    queryFn: async ({ signal }) => unwrap(await api.GET("/api/queue/pause", { signal })),
  });
}

export function useQueueStats() {
  return useQuery({
    queryKey: [...QUEUE_KEY, "stats"],
    refetchInterval: STATS_MS,
    queryFn: async ({ signal }) => unwrap(await api.GET("/api/queue/stats", { signal })),
  });
}

export async function fetchQueue(query: { workflow_id?: string; limit: number; cursor?: string }, signal: AbortSignal) {
  return unwrap(await api.GET("/api/queue/state", { signal, params: { query } }));
}

export async function pauseQueue(paused: boolean, workflowId: string | null, reason = "") {
  return unwrap(await api.POST("/api/queue/pause", { body: { paused, reason, ...(workflowId !== null && { workflowId }) } }));
}

export async function drainQueue(reason: string) {
  return unwrap(await api.POST("/api/queue/drain", { body: { reason } }));
}

/** Let the named execution through, else the next one: of a workflow, or of all. */
export async function letThrough(which: { executionId?: string; workflowId?: string }) {
  return unwrap(await api.POST("/api/queue/process", { body: which }));
}

export async function setPriority(executionId: string, priority: number) {
  return unwrap(await api.POST("/api/executions/{execution_id}/priority", { params: { path: { execution_id: executionId } }, body: { priority } }));
}
