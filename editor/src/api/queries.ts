/** Thin hooks around the client: what the editor reads, and how long it may be kept. */
import { keepPreviousData, QueryClient, useQuery } from "@tanstack/react-query";
import { api, ApiProblem, unwrap } from "./client";

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
