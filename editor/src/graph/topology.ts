/** Questions about the shape of a graph. Pure; nothing of React. */
import type { Graph, GraphEdge } from "./types";

type EdgeEnds = Pick<GraphEdge, "source" | "target">;

/** Ids of the nodes that can be reached from `start`, without `start` itself unless a cycle leads back. */
export function descendants(edges: readonly EdgeEnds[], start: string): Set<string> {
  return reach(edges, start, "source", "target");
}

/** Ids of the nodes from which `start` can be reached. */
export function ancestors(edges: readonly EdgeEnds[], start: string): Set<string> {
  return reach(edges, start, "target", "source");
}

function reach(edges: readonly EdgeEnds[], start: string, from: "source" | "target", to: "source" | "target"): Set<string> {
  const next = new Map<string, string[]>();
  for (const edge of edges) {
    const list = next.get(edge[from]);
    if (list) list.push(edge[to]);
    else next.set(edge[from], [edge[to]]);
  }
  const seen = new Set<string>();
  const open = [...(next.get(start) ?? [])];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    open.push(...(next.get(id) ?? []));
  }
  return seen;
}

/** Whether the edge source -> target would close a cycle. */
export function wouldCycle(graph: Graph, source: string, target: string): boolean {
  return source === target || descendants(graph.edges, target).has(source);
}

/** The node that ends the workflow; undefined when none or several lead nowhere. */
export function onlyEnd(graph: Graph): string | undefined {
  const leading = new Set(graph.edges.map((edge) => edge.source));
  const ends = graph.nodes.filter((node) => !leading.has(node.id));
  return ends.length === 1 ? ends[0]?.id : undefined;
}
