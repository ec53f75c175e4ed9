import { useQuery } from "@tanstack/react-query";
import { fetchStep } from "../api/executions";
import type { Step } from "./types";

/** A step read by itself, with what is too large, or too much, for an answer with all steps. */
export function useWholeStep(executionId: string, step: Step, enabled: boolean) {
  return useQuery({
    queryKey: ["step", executionId, step.node_id, step.state, step.tries],
    enabled,
    staleTime: Infinity,
    queryFn: ({ signal }) => fetchStep(executionId, step.node_id, signal),
  });
}
