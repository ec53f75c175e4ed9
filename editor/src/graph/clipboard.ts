/** Nodes on the clipboard are JSON text, so that they also travel by chat and mail. */
import type { Fragment } from "./edit";
import type { GraphEdge, GraphNode } from "./types";

const KIND = "flowforge/nodes";

export function writeFragment(fragment: Fragment): string {
  return JSON.stringify({ kind: KIND, nodes: fragment.nodes, edges: fragment.edges }, null, 2);
}

/** Null when the text is something else. Accepts a whole exported workflow too. */
export function readFragment(text: string): Fragment | null {
  if (!text.trimStart().startsWith("{")) return null;
  try {
    const data = JSON.parse(text) as { kind?: unknown; format?: unknown; nodes?: unknown; edges?: unknown };
    if (data.kind !== KIND && data.format !== "flowforge/v1") return null;
    const nodes = Array.isArray(data.nodes) ? data.nodes.filter(isNode).map(completeNode) : [];
    const edges = Array.isArray(data.edges) ? data.edges.filter(isEdge) : [];
    return nodes.length > 0 ? { nodes, edges } : null;
  } catch {
    return null;
  }
}

function isNode(value: unknown): value is Partial<GraphNode> & { id: string; type: string } {
  const node = value as Partial<GraphNode> | null;
  return typeof node?.id === "string" && /^[a-z][a-z0-9_]{0,62}$/.test(node.id) && typeof node.type === "string";
}

function completeNode(node: Partial<GraphNode> & { id: string; type: string }): GraphNode {
  return {
    id: node.id,
    type: node.type,
    type_version: node.type_version ?? 1,
    name: node.name ?? "",
    parameters: node.parameters ?? {},
    position: node.position ?? { x: 0, y: 0 },
    retry: node.retry ?? null,
    timeout_s: node.timeout_s ?? null,
    notes: node.notes ?? "",
    ...(node.pinned ? { pinned: node.pinned } : {}),
  };
}

function isEdge(value: unknown): value is GraphEdge {
  const edge = value as Partial<GraphEdge> | null;
  return typeof edge?.source === "string" && typeof edge.target === "string" && typeof edge.source_port === "string";
}
