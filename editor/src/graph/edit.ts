/** Edits of a graph: pure functions from one document to the next. */
import { uniqueId } from "./ids";
import { edgeId, type Graph, type GraphEdge, type GraphNode } from "./types";

/** Add a node; connected after `from`, or put into the edge `into`, leaving by `port`; null: nothing follows it. */
export function placeNode(
  graph: Graph,
  node: GraphNode,
  where: { from?: { node: string; port: string } | null; into?: GraphEdge | null },
  port: string | null,
): Graph {
  const { from, into } = where;
  const nodes = [...graph.nodes, node];
  if (into) {
    const rest = graph.edges.filter((edge) => edgeId(edge) !== edgeId(into));
    const onward = port === null ? [] : [{ source: node.id, source_port: port, target: into.target }];
    return { ...graph, nodes, edges: [...rest, { ...into, target: node.id }, ...onward] };
  }
  if (!from) return { ...graph, nodes };
  return { ...graph, nodes, edges: [...graph.edges, { source: from.node, source_port: from.port, target: node.id }] };
}

export function updateNode(graph: Graph, id: string, patch: Partial<Omit<GraphNode, "id">>): Graph {
  return { ...graph, nodes: graph.nodes.map((node) => (node.id === id ? { ...node, ...patch } : node)) };
}

export function removeNodes(graph: Graph, ids: ReadonlySet<string>): Graph {
  return {
    ...graph,
    nodes: graph.nodes.filter((node) => !ids.has(node.id)),
    edges: graph.edges.filter((edge) => !ids.has(edge.source) && !ids.has(edge.target)),
  };
}

export function removeEdges(graph: Graph, ids: ReadonlySet<string>): Graph {
  return { ...graph, edges: graph.edges.filter((edge) => !ids.has(edgeId(edge))) };
}

export function moveNodes(graph: Graph, positions: ReadonlyMap<string, { x: number; y: number }>): Graph {
  return {
    ...graph,
    nodes: graph.nodes.map((node) => {
      const to = positions.get(node.id);
      return to ? { ...node, position: { x: Math.round(to.x), y: Math.round(to.y) } } : node;
    }),
  };
}

/** A part of a graph on the clipboard. */
export interface Fragment {
  nodes: GraphNode[];
  edges: GraphEdge[];
}

export function fragmentOf(graph: Graph, ids: ReadonlySet<string>): Fragment {
  return {
    nodes: graph.nodes.filter((node) => ids.has(node.id)),
    edges: graph.edges.filter((edge) => ids.has(edge.source) && ids.has(edge.target)),
  };
}

/** Insert a fragment under new ids where needed; expressions inside it follow the new ids. */
export function insertFragment(graph: Graph, fragment: Fragment, shift: { x: number; y: number }): { graph: Graph; ids: string[] } {
  const taken = new Set(graph.nodes.map((node) => node.id));
  const renamed = new Map<string, string>();
  for (const node of fragment.nodes) {
    const id = uniqueId(node.id, taken);
    taken.add(id);
    renamed.set(node.id, id);
  }
  const nodes = fragment.nodes.map((node) => ({
    ...node,
    id: renamed.get(node.id) ?? node.id,
    position: { x: Math.round(node.position.x + shift.x), y: Math.round(node.position.y + shift.y) },
    parameters: renameSteps(node.parameters, renamed) as Record<string, unknown>,
  }));
  const edges = fragment.edges.map((edge) => ({
    ...edge,
    source: renamed.get(edge.source) ?? edge.source,
    target: renamed.get(edge.target) ?? edge.target,
  }));
  return { graph: { ...graph, nodes: [...graph.nodes, ...nodes], edges: [...graph.edges, ...edges] }, ids: nodes.map((node) => node.id) };
}

function renameSteps(value: unknown, renamed: ReadonlyMap<string, string>): unknown {
  if (typeof value === "string") {
    if (!value.includes("{{")) return value;
    return value.replace(/\bsteps\.([a-z][a-z0-9_]*)/g, (all, id: string) => {
      const to = renamed.get(id);
      return to ? `steps.${to}` : all;
    });
  }
  if (Array.isArray(value)) return value.map((item) => renameSteps(item, renamed));
  if (value && typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, renameSteps(item, renamed)]));
  return value;
}
