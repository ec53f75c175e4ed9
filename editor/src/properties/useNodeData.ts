import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { fetchExecution, fetchExecutions } from "../api/executions";
import { useExecution } from "../api/queries";
import type { Execution, NodeType } from "../api/types";
import { buildScope, type ScopeExecution } from "../expressions/buildScope";
import type { Scope } from "../expressions/scope";
import type { Graph } from "../graph/types";
import type { JsonSchema } from "../schema/jsonSchema";
import { useEditor } from "../store/editorStore";
import { useStepTests } from "../store/stepTests";
import { useOutputSchemas } from "./useOutputSchemas";

export interface NodeData {
  scope: Scope;
  /** The run whose data is shown: the one chosen for tests, the one on the canvas, else the newest; null before the first. */
  execution: Execution | null;
  /** What single nodes hand on, where their parameters say more than their type. */
  outputSchemas: ReadonlyMap<string, JsonSchema>;
}

/** The data that a node's expressions see, from a run or from samples. */
export function useNodeData(graph: Graph, nodeId: string, nodeTypes: ReadonlyMap<string, NodeType>): NodeData {
  const source = useStepTests((state) => state.sources[graph.id]);
  const chosenId = source?.kind === "execution" ? source.id : null;
  const chosen = useExecution(chosenId).data ?? null;
  const shown = useEditor((state) => state.execution);
  const newest = useNewestExecution(graph.id, shown === null && chosenId === null);
  // A run that is chosen for tests is what previews see, too.
  const execution = (chosenId === null ? null : chosen) ?? shown ?? newest;
  const outputSchemas = useOutputSchemas(graph, nodeId, nodeTypes);
  const scope = useMemo(
    () => buildScope({ graph, nodeId, nodeTypes, execution: execution as ScopeExecution | null, outputSchemas }),
    [graph, nodeId, nodeTypes, execution, outputSchemas],
  );
  return { scope, execution, outputSchemas };
}

function useNewestExecution(workflowId: string, enabled: boolean): Execution | null {
  const query = useQuery({
    queryKey: ["executions", workflowId, "newest"],
    enabled,
    staleTime: 15_000,
    retry: false,
    queryFn: async ({ signal }) => {
      const { executions } = await fetchExecutions({ workflow_id: workflowId, limit: 1 }, signal);
      const [first] = executions;
      return first ? await fetchExecution(first.id, signal) : null;
    },
  });
  return query.data ?? null;
}
