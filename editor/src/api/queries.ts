/** Thin hooks around the client: what the editor reads, and how long it may be kept. */
import { keepPreviousData, QueryClient, useQuery } from "@tanstack/react-query";
import { api, ApiProblem, unwrap } from "./client";
import type { Execution } from "./types";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (count, error) => count < 2 && (!(error instanceof ApiProblem) || error.isOffline || error.status >= 500),
      refetchOnWindowFocus: true,
    },
  },
});

export function useSession() {
  return useQuery({
    queryKey: ["session"],
    staleTime: 60_000,
    queryFn: async ({ signal }) => unwrap(await api.GET("/api/session", { signal })),
  });
}

export function useNodeTypes() {
  return useQuery({
    queryKey: ["node-types"],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }) => unwrap(await api.GET("/api/node-types", { signal })).node_types,
  });
}

/** What a node with these parameters hands on, where they say more than its type. */
export async function fetchOutputSchema(type: string, parameters: Record<string, unknown>, signal: AbortSignal) {
  const request = { signal, params: { path: { node_type: type } }, body: { parameters } };
  return unwrap(await api.POST("/api/node-types/{node_type}/output-schema", request)).output_schema;
}

/** Workflows to begin with; they change with the installed version only. */
export function useTemplates() {
  return useQuery({
    queryKey: ["templates"],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }) => unwrap(await api.GET("/api/templates", { signal })).templates,
  });
}

export interface WorkflowFilter {
  search: string;
  state: "" | "draft" | "published" | "changed";
  offset: number;
  limit: number;
}

export function useWorkflows(filter: WorkflowFilter) {
  return useQuery({
    queryKey: ["workflows", filter],
    placeholderData: keepPreviousData,
    refetchInterval: 5_000,
    queryFn: async ({ signal }) =>
      unwrap(
        await api.GET("/api/workflows", {
          signal,
          params: {
            query: {
              limit: filter.limit,
              offset: filter.offset,
              order_by: "-updated_at",
              ...(filter.search ? { search: filter.search } : {}),
              ...(filter.state ? { state: filter.state } : {}),
            },
          },
        }),
      ),
  });
}

export function useRevisions(workflowId: string, enabled: boolean) {
  return useQuery({
    queryKey: ["revisions", workflowId],
    enabled,
    queryFn: async ({ signal }) =>
      unwrap(await api.GET("/api/workflows/{workflow_id}/revisions", { signal, params: { path: { workflow_id: workflowId } } })),
  });
}

const FINISHED = new Set<string>(["success", "failed", "cancelled"]);

const POLL_MS = 700;
// With a stream of changes, in case that one was missed.
const SAFETY_MS = 15_000;

/** One execution with its steps, read again until it has ended: often, unless a stream tells of changes. Shared by canvas and run panel. */
export function useExecution(executionId: string | null, streamed = false) {
  return useQuery<Execution, Error>({
    queryKey: ["execution", executionId],
    enabled: executionId !== null,
    staleTime: 0,
    refetchInterval: (query) => (query.state.data && FINISHED.has(query.state.data.state) ? false : streamed ? SAFETY_MS : POLL_MS),
    queryFn: async ({ signal }) =>
      unwrap(await api.GET("/api/executions/{execution_id}", { signal, params: { path: { execution_id: executionId ?? "" } } })),
  });
}

/** The newest executions of a workflow; read again while the list is shown. */
export function useExecutions(workflowId: string, enabled = true) {
  return useQuery({
    queryKey: ["executions", workflowId],
    enabled,
    refetchInterval: 3_000,
    queryFn: async ({ signal }) => unwrap(await api.GET("/api/executions", { signal, params: { query: { workflow_id: workflowId, limit: 50 } } })),
  });
}

/** The stored draft. Never read again by itself: from then on the editor's store holds the truth. */
export function useWorkflow(workflowId: string) {
  return useQuery({
    queryKey: ["workflow", workflowId],
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
    queryFn: async ({ signal }) => unwrap(await api.GET("/api/workflows/{workflow_id}", { signal, params: { path: { workflow_id: workflowId } } })),
  });
}
