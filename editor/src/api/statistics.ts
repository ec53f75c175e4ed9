/** What the executions of a workflow have come to, day by day. */
import { useQuery } from "@tanstack/react-query";
import type { components, operations } from "../../openapi-gen/schema";
import { api, unwrap } from "./client";

type Schemas = components["schemas"];

export type Statistics = Schemas["StatisticsResponse"];
export type DayStatistics = Schemas["DayStatistics"];
export type StepStatistics = Schemas["StepStatistics"];
export type StatisticsQuery = NonNullable<operations["get_statistics"]["parameters"]["query"]>;

// The server keeps what took it long for longer.
const REFRESH_MS = 15_000;

export function useStatistics(workflowId: string, query: StatisticsQuery) {
  return useQuery<Statistics>({
    queryKey: ["statistics", workflowId, query],
    refetchInterval: REFRESH_MS,
    // Another range of the same workflow replaces the one that is seen once it is there.
    placeholderData: (previous) => (previous?.workflow_id === workflowId ? previous : undefined),
    queryFn: async ({ signal }) => unwrap(await api.GET("/api/workflows/{workflow_id}/statistics", { signal, params: { path: { workflow_id: workflowId }, query } })),
  });
}
