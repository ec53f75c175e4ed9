/** The graph document flowforge/v1 as the API speaks it (snake_case); React Flow's shapes are made from it in canvas/. */
import type { components } from "../../openapi-gen/schema";

type Schemas = components["schemas"];
type Given<T> = { [K in keyof T]-?: Exclude<T[K], undefined> };

export type GraphEdge = Given<Schemas["Edge"]>;
export type GraphPosition = Given<Schemas["Position"]>;
export type GraphRetry = Given<Schemas["Retry"]>;
export type GraphSettings = Given<Schemas["Settings"]>;

export type GraphPin = Given<Schemas["Pinned"]>;

export interface GraphNode {
  id: string;
  type: string;
  type_version: number;
  name: string;
  parameters: Record<string, unknown>;
  position: GraphPosition;
  retry: GraphRetry | null;
  timeout_s: number | null;
  notes: string;
  /** Sample data for tests and previews; missing where none is pinned. */
  pinned?: GraphPin;
}

export interface Graph {
  format: "flowforge/v1";
  id: string;
  name: string;
  settings: GraphSettings;
  nodes: GraphNode[];
  edges: GraphEdge[];
}

/** An edge's identity, the same as the server's. */
export function edgeId(edge: GraphEdge): string {
  return `${edge.source}.${edge.source_port}->${edge.target}`;
}

export function nodeLabel(node: GraphNode): string {
  return node.name || node.id;
}
