/** Where a node's ports stand on its right side, in pixels from its top. */
import type { Port } from "../api/types";

export const NODE_WIDTH = 240;
export const NODE_HEIGHT = 64;
const STEP = 26;

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
