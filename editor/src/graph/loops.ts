/** Loops: which nodes are the body of which `for_each`. Derived from the drawing; nothing of it is saved. Pure. */
import { descendants } from "./topology";
import type { GraphEdge } from "./types";

export const LOOP_TYPE = "for_each";
/** The body begins here; every other port of a loop goes on after it. */
export const ITEM_PORT = "item";

export interface LoopGraph {
  nodes: readonly { id: string; type: string }[];
  edges: readonly Pick<GraphEdge, "source" | "source_port" | "target">[];
}

const known = new WeakMap<LoopGraph, ReadonlyMap<string, ReadonlySet<string>>>();

/** Loop -> the nodes that its port `item` leads to, however far; worked out once for each graph. */
export function bodiesOf(graph: LoopGraph): ReadonlyMap<string, ReadonlySet<string>> {
  let bodies = known.get(graph);
  if (!bodies) {
    bodies = new Map(graph.nodes.filter((node) => node.type === LOOP_TYPE).map((loop) => [loop.id, bodyOf(graph, loop.id)]));
    known.set(graph, bodies);
  }
  return bodies;
}

/** The loop in whose body a node is; undefined outside of loops. */
export function loopOf(graph: LoopGraph, nodeId: string): string | undefined {
  for (const [loop, body] of bodiesOf(graph)) if (body.has(nodeId)) return loop;
  return undefined;
}

function bodyOf(graph: LoopGraph, loop: string): ReadonlySet<string> {
  const body = new Set<string>();
  for (const edge of graph.edges) {
    if (edge.source !== loop || edge.source_port !== ITEM_PORT) continue;
    body.add(edge.target);
    for (const id of descendants(graph.edges, edge.target)) body.add(id);
  }
  body.delete(loop);
  return body;
}
