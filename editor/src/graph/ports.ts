/** Where a node's ports stand on its right side, in pixels from its top. */
import type { NodeType, Port } from "../api/types";
import type { Graph } from "./types";

export const NODE_WIDTH = 240;
export const NODE_HEIGHT = 64;
const STEP = 26;

const PORT_ID = /^[a-z][a-z0-9_]{0,62}$/;

/** The ports of a node with these parameters: those that a list among them asks for, then the fixed ones. */
export function portsOf(type: Pick<NodeType, "ports" | "ports_from"> | undefined, parameters: Record<string, unknown>): readonly Port[] {
  if (!type?.ports_from) return type?.ports ?? [];
  const { parameter, id, label } = type.ports_from;
  const items = Array.isArray(parameters[parameter]) ? (parameters[parameter] as unknown[]) : [];
  const taken = new Set(type.ports.map((port) => port.id));
  const own: Port[] = [];
  for (const item of items) {
    const fields = typeof item === "object" && item !== null ? (item as Record<string, unknown>) : {};
    const name = fields[id];
    if (typeof name !== "string" || !PORT_ID.test(name) || taken.has(name)) continue;
    taken.add(name);
    const text = fields[label];
    own.push({ id: name, label: typeof text === "string" && text !== "" ? text : name, description: "", description_ru: "" });
  }
  return [...own, ...type.ports];
}

/** The ports of a node of a graph; none when the node or its type is not known. */
export function portsOfNode(graph: Graph | null, nodeTypes: ReadonlyMap<string, NodeType>, nodeId: string): readonly Port[] {
  const node = graph?.nodes.find((one) => one.id === nodeId);
  return node ? portsOf(nodeTypes.get(node.type), node.parameters) : [];
}

export interface PlacedPort extends Port {
  top: number;
}

/**
 * The usual way out keeps to the middle, so that a row of nodes makes a straight line; `error` hangs below the
 * other ports.
 */
export function placePorts(ports: readonly Port[]): { ports: PlacedPort[]; height: number } {
  const usual = ports.filter((port) => port.id !== "error");
  const error = ports.find((port) => port.id === "error");
  const height = Math.max(NODE_HEIGHT, usual.length * STEP + (error && usual.length > 1 ? STEP : 0) + 12);
  const middle = usual.length > 1 && error ? (height - STEP) / 2 : height / 2;
  const first = middle - ((usual.length - 1) * STEP) / 2;
  const placed = usual.map((port, index) => ({ ...port, top: first + index * STEP }));
  if (error) placed.push({ ...error, top: height - 11 });
  return { ports: placed, height };
}
