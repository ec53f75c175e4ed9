import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { api, unwrap } from "../api/client";
import type { Issue } from "../api/types";
import type { Graph } from "../graph/types";

const DELAY_MS = 500;

export type Compiled = { source: string; dagId: string } | { issues: Issue[] };

/** A drawing with errors is no failure of the server, so it is checked before it is compiled. */
async function compile(graph: Record<string, unknown>, signal: AbortSignal): Promise<Compiled> {
  const { issues } = unwrap(await api.POST("/api/validate", { signal, body: { graph } }));
  const errors = issues.filter((issue) => issue.severity !== "warning");
  if (errors.length > 0) return { issues: errors };
  const { source, dag_id: dagId } = unwrap(await api.POST("/api/compile", { signal, body: { graph } }));
  return { source, dagId };
}

/** The source of the graph as it is drawn now, made anew when it has been still for a moment. */
export function useCompiledDag(graph: Graph) {
  // Moving a node changes the document but never the Dag.
  const text = useMemo(() => JSON.stringify({ ...graph, nodes: graph.nodes.map((node) => ({ ...node, position: { x: 0, y: 0 } })) }), [graph]);
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), DELAY_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return useQuery({
    queryKey: ["compile", settled],
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 60_000,
    retry: false,
    queryFn: async ({ signal }) => compile(JSON.parse(settled) as Record<string, unknown>, signal),
  });
}
