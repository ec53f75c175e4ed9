import { keepPreviousData, useQueries } from "@tanstack/react-query";
import { fetchOutputSchema } from "../api/queries";
import type { NodeType } from "../api/types";
import { upstreamOf } from "../expressions/buildScope";
import type { Graph } from "../graph/types";
import { inlineRefs, type JsonSchema } from "../schema/jsonSchema";

/** Schemas by node id, of a node and of those before it, as far as their parameters say more than their types. */
export function useOutputSchemas(graph: Graph, nodeId: string, nodeTypes: ReadonlyMap<string, NodeType>): ReadonlyMap<string, JsonSchema> {
  const nodes = [nodeId, ...upstreamOf(nodeId, graph.edges)]
    .flatMap((id) => graph.nodes.find((node) => node.id === id) ?? [])
    .filter((node) => nodeTypes.get(node.type)?.output_varies);
  return useQueries({
    queries: nodes.map((node) => ({
      queryKey: ["output-schema", node.type, node.parameters],
      queryFn: ({ signal }: { signal: AbortSignal }) => fetchOutputSchema(node.type, node.parameters, signal),
      staleTime: Number.POSITIVE_INFINITY,
      retry: false,
      // Completion keeps what it knows while somebody types.
      placeholderData: keepPreviousData,
    })),
    combine: (results) =>
      new Map(nodes.flatMap((node, index) => (results[index]?.data ? [[node.id, inlineRefs(results[index].data as JsonSchema)] as const] : []))),
  });
}
