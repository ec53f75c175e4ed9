/** Whether a new edge is allowed and, if not, why: the reason is shown to the user. */
import { wouldCycle } from "./topology";
import { edgeId, type Graph, type GraphEdge } from "./types";

export type Refusal = "self" | "into-trigger" | "into-note" | "duplicate" | "cycle" | "no-such-port" | "no-such-node";

export interface ConnectionRules {
  isTrigger: (nodeId: string) => boolean;
  isNote: (nodeId: string) => boolean;
  portsOf: (nodeId: string) => readonly string[] | null;
}

/** Return the reason for a refusal, or null when the edge is allowed. */
export function validateConnection(graph: Graph, edge: GraphEdge, rules: ConnectionRules): Refusal | null {
  const has = (id: string) => graph.nodes.some((node) => node.id === id);
  if (!has(edge.source) || !has(edge.target)) return "no-such-node";
  if (edge.source === edge.target) return "self";
  if (rules.isTrigger(edge.target)) return "into-trigger";
  if (rules.isNote(edge.target)) return "into-note";
  const ports = rules.portsOf(edge.source);
  if (ports && !ports.includes(edge.source_port)) return "no-such-port";
  const id = edgeId(edge);
  if (graph.edges.some((other) => edgeId(other) === id)) return "duplicate";
  if (wouldCycle(graph, edge.source, edge.target)) return "cycle";
  return null;
}
