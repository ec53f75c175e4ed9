/** A place for a new node that covers no other. */
import { NODE_HEIGHT, NODE_WIDTH } from "./ports";
import type { Graph, GraphPosition } from "./types";

const GAP_X = 96;
const GAP_Y = 48;

/** To the right of a node; below what stands there already. */
export function positionAfter(graph: Graph, nodeId: string, port: string): GraphPosition {
  const node = graph.nodes.find((other) => other.id === nodeId);
  if (!node) return freePosition(graph, { x: 0, y: 0 });
  const below = port === "error" ? NODE_HEIGHT + GAP_Y + 24 : 0;
  return freePosition(graph, { x: node.position.x + NODE_WIDTH + GAP_X, y: node.position.y + below });
}

/** The wanted place, or the first free one below it. */
export function freePosition(graph: Graph, wanted: GraphPosition): GraphPosition {
  let y = wanted.y;
  for (let tries = 0; tries <= graph.nodes.length; tries++) {
    const hit = graph.nodes.find((node) => Math.abs(node.position.x - wanted.x) < NODE_WIDTH + 16 && Math.abs(node.position.y - y) < NODE_HEIGHT + 24);
    if (!hit) break;
    y = hit.position.y + NODE_HEIGHT + GAP_Y;
  }
  return { x: wanted.x, y };
}
