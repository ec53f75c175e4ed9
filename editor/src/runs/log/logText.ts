/** Log lines by level, and as one text to take along. */
import type { LogLine } from "../types";

export const LEVELS = ["debug", "info", "warning", "error", "critical"] as const;

// What other loggers call them, as the server has it.
const SAME: Record<string, string | undefined> = { warn: "warning", fatal: "critical", exception: "error", notset: "debug", trace: "debug" };

/** Place in LEVELS; unknown levels count as info. */
export function levelRank(level: string): number {
  const name = level.toLowerCase();
  const rank = (LEVELS as readonly string[]).indexOf(SAME[name] ?? name);
  return rank < 0 ? 1 : rank;
}

export function logText(lines: readonly LogLine[]): string {
  return lines.map((line) => [line.timestamp, line.level.toUpperCase(), line.message].filter(Boolean).join(" ")).join("\n");
}
