/** Where a text stands in the lines of a log. */
import type { LogLine } from "../types";

export interface Match {
  /** Which line. */
  line: number;
  /** Which of that line's matches. */
  nth: number;
}

/** Upper and lower case are the same. Null: nothing is looked for. */
export function patternOf(search: string): RegExp | null {
  const text = search.trim();
  return text === "" ? null : new RegExp(text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"), "giu");
}

export function findMatches(lines: readonly LogLine[], pattern: RegExp | null): Match[] {
  if (pattern === null) return [];
  return lines.flatMap((line, index) => Array.from(line.message.matchAll(pattern), (_one, nth) => ({ line: index, nth })));
}

/** A text in pieces; every second one is a match. */
export function splitByMatches(text: string, pattern: RegExp | null): string[] {
  if (pattern === null) return [text];
  const pieces: string[] = [];
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    pieces.push(text.slice(from, match.index), match[0]);
    from = match.index + match[0].length;
  }
  pieces.push(text.slice(from));
  return pieces;
}
