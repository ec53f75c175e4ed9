/** Tidy up: layers from left to right by Dagre (Gansner et al., "A technique for drawing directed graphs", 1993). */
import dagre from "@dagrejs/dagre";
import type { Graph } from "./types";

export interface NodeSize {
  width: number;
  height: number;
}

/** Return a position for every node; the drawing starts where the old one started. */
export function tidyLayout(graph: Graph, sizeOf: (id: string) => NodeSize): Map<string, { x: number; y: number }> {
  const layout = new dagre.graphlib.Graph();
  layout.setGraph({ rankdir: "LR", nodesep: 48, ranksep: 96 });
  layout.setDefaultEdgeLabel(() => ({}));
  for (const node of graph.nodes) layout.setNode(node.id, { ...sizeOf(node.id) });
  for (const edge of graph.edges) layout.setEdge(edge.source, edge.target);
  dagre.layout(layout);
  const left = Math.min(...graph.nodes.map((node) => node.position.x));
  const top = Math.min(...graph.nodes.map((node) => node.position.y));
  const corners = graph.nodes.map((node) => {
    const box = layout.node(node.id) as { x: number; y: number; width: number; height: number };
    return { id: node.id, x: box.x - box.width / 2, y: box.y - box.height / 2 };
  });
  const minX = Math.min(...corners.map((corner) => corner.x));
  const minY = Math.min(...corners.map((corner) => corner.y));
  return new Map(corners.map(({ id, x, y }) => [id, { x: x - minX + left, y: y - minY + top }]));
}
