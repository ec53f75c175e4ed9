/** Sample data that is pinned to nodes: pure functions, and the limits that the server keeps as well. */
import type { Graph, GraphNode, GraphPin } from "./types";

export const MAX_PIN_BYTES = 131_072;
export const MAX_PINS_BYTES = 1_048_576;

/** Null takes the pin away. */
export function pinNode(graph: Graph, id: string, pin: GraphPin | null): Graph {
  return { ...graph, nodes: graph.nodes.map((node) => (node.id === id ? withPin(node, pin) : node)) };
}

function withPin(node: GraphNode, pin: GraphPin | null): GraphNode {
  if (pin) return { ...node, pinned: pin };
  const rest = { ...node };
  delete rest.pinned;
  return rest;
}

/** Why data cannot be pinned to a node; null when it can. */
export function pinRefusal(graph: Graph, id: string, output: unknown): "tooLarge" | "tooMany" | null {
  const size = jsonBytes(output);
  if (size > MAX_PIN_BYTES) return "tooLarge";
  const others = graph.nodes.reduce((sum, node) => (node.id === id || !node.pinned ? sum : sum + jsonBytes(node.pinned.output)), 0);
  return size + others > MAX_PINS_BYTES ? "tooMany" : null;
}

/** The size that the server counts: its JSON has a space after each comma and colon. */
export function jsonBytes(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value ?? null)).length + spaces(value);
}

function spaces(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, one) => sum + spaces(one), Math.max(0, value.length - 1));
  if (typeof value !== "object" || value === null) return 0;
  const members = Object.values(value);
  return members.reduce<number>((sum, one) => sum + spaces(one), Math.max(0, 2 * members.length - 1));
}
