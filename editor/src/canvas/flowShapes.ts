/** React Flow's shapes made from the document, and back. Objects are kept where nothing changed, so that nothing redraws. */
import type { Edge, Node } from "@xyflow/react";
import { edgeId, type Graph, type GraphEdge, type GraphNode } from "../graph/types";

export type StepNode = Node<{ node: GraphNode }, "step">;
export type StepEdge = Edge<{ edge: GraphEdge }, "step">;

/** `known`: the nodes drawn so far; their measured sizes and unchanged objects are taken over. */
export function toFlowNodes(graph: Graph, selection: readonly string[], known: readonly StepNode[]): StepNode[] {
  const before = new Map(known.map((node) => [node.id, node]));
  const selected = new Set(selection);
  return graph.nodes.map((node) => {
    const old = before.get(node.id);
    const isSelected = selected.has(node.id);
    if (old && old.data.node === node && old.selected === isSelected) return old;
    // A node in the hand stays there: its place in the document is the one before the drag.
    const position = old?.dragging ? old.position : node.position;
    return old
      ? { ...withoutSize(old), position, data: old.data.node === node ? old.data : { node }, selected: isSelected }
      : { id: node.id, type: "step", position, data: { node }, selected: isSelected };
  });
}

/** The size that a resized note was given on the canvas; from then on its parameters tell it. */
function withoutSize(node: StepNode): StepNode {
  const rest = { ...node };
  delete rest.width;
  delete rest.height;
  return rest;
}

export function toFlowEdges(graph: Graph, selectedEdges: readonly string[], known: readonly StepEdge[]): StepEdge[] {
  const before = new Map(known.map((edge) => [edge.id, edge]));
  const selected = new Set(selectedEdges);
  return graph.edges.map((edge) => {
    const id = edgeId(edge);
    const old = before.get(id);
    const isSelected = selected.has(id);
    if (old && old.selected === isSelected) return old;
    return { id, type: "step", source: edge.source, target: edge.target, sourceHandle: edge.source_port, targetHandle: "in", data: { edge }, selected: isSelected };
  });
}

/** An edge of the document from what React Flow tells of a connection. */
export function toGraphEdge(connection: { source: string | null; sourceHandle: string | null; target: string | null }): GraphEdge | null {
  const { source, sourceHandle, target } = connection;
  return source && target ? { source, source_port: sourceHandle ?? "success", target } : null;
}
