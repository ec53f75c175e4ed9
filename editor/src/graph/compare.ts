/** What differs between two drawings, by the names that people know. Pure. */
import { nodeLabel, type Graph, type GraphNode } from "./types";

export interface Differences {
  onlyMine: string[];
  onlyTheirs: string[];
  changed: string[];
}

export function compareGraphs(mine: Graph, theirs: Graph): Differences {
  const others = new Map(theirs.nodes.map((node) => [node.id, node]));
  const ids = new Set(mine.nodes.map((node) => node.id));
  const changed: string[] = [];
  const onlyMine: string[] = [];
  for (const node of mine.nodes) {
    const other = others.get(node.id);
    if (!other) onlyMine.push(nodeLabel(node));
    else if (meaning(node) !== meaning(other)) changed.push(nodeLabel(node));
  }
  return { onlyMine, changed, onlyTheirs: theirs.nodes.filter((node) => !ids.has(node.id)).map(nodeLabel) };
}

/** Everything of a node but its place. */
function meaning({ id, type, type_version, name, parameters, retry, timeout_s, notes }: GraphNode): string {
  return canonical({ id, type, type_version, name, parameters, retry, timeout_s, notes });
}

/** JSON in which the order of keys does not matter. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    item && typeof item === "object" && !Array.isArray(item) ? Object.fromEntries(Object.entries(item).sort(([one], [other]) => (one < other ? -1 : 1))) : item,
  );
}

/** Whether both run the same: nodes and edges, wherever they are drawn. */
export function sameRun(one: Graph, other: Graph): boolean {
  const shape = (graph: Graph) =>
    canonical({ nodes: graph.nodes.map(meaning).sort(), edges: graph.edges.map((edge) => `${edge.source}.${edge.source_port}->${edge.target}`).sort() });
  return shape(one) === shape(other);
}
