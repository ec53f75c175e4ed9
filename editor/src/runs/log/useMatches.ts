import { useCallback, useLayoutEffect, useMemo, useState, type RefObject } from "react";
import type { LogLine } from "../types";
import { findMatches, type Match } from "./findMatches";

export interface Matches {
  /** Whether anything is looked for. */
  searching: boolean;
  count: number;
  /** Place of the current one, from 1; 0 without any. */
  number: number;
  current: Match | null;
  move: (by: 1 | -1) => void;
}

/** What is found in the lines of a log, one of it in sight. */
export function useMatches(lines: readonly LogLine[], pattern: RegExp | null, box: RefObject<HTMLElement | null>, onMove: () => void): Matches {
  const found = useMemo(() => findMatches(lines, pattern), [lines, pattern]);
  const [chosen, setChosen] = useState<{ pattern: RegExp | null; index: number }>({ pattern: null, index: 0 });
  // What is typed leads to the first match; lines that come do not lead away from the chosen one.
  const index = chosen.pattern === pattern ? Math.min(chosen.index, found.length - 1) : 0;
  const current = found[Math.max(0, index)] ?? null;
  const key = current && pattern ? `${pattern.source}/${index}` : null;

  useLayoutEffect(() => {
    const mark = key === null ? null : box.current?.querySelector("mark[data-current]");
    if (!mark || !box.current) return;
    const place = mark.getBoundingClientRect();
    const frame = box.current.getBoundingClientRect();
    // Only the log scrolls, not the page around it.
    if (place.top < frame.top || place.bottom > frame.bottom) box.current.scrollTop += place.top - frame.top - frame.height / 2;
  }, [key, box]);

  const { length } = found;
  const move = useCallback(
    (by: 1 | -1) => {
      if (length === 0) return;
      onMove();
      setChosen({ pattern, index: (Math.max(0, index) + by + length) % length });
    },
    [length, index, pattern, onMove],
  );
  return { searching: pattern !== null, count: length, number: current ? Math.max(0, index) + 1 : 0, current, move };
}
