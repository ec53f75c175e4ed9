/** Log lines by level, and as one text to take along. */
import type { LogLine } from "./types";

export const LEVELS = ["debug", "info", "warning", "error", "critical"] as const;

/** Place in LEVELS; unknown levels count as info. */
export function levelRank(level: string): number {
  const rank = (LEVELS as readonly string[]).indexOf(level.toLowerCase());
  return rank < 0 ? 1 : rank;
}

export function logText(lines: readonly LogLine[]): string {
  return lines.map((line) => [line.timestamp, line.level.toUpperCase(), line.message].filter(Boolean).join(" ")).join("\n");
}
