import { memo, useMemo } from "react";
import { useLocale } from "../../i18n/useMessages";
import type { LogLine } from "../types";
import { splitByMatches, type Match } from "./findMatches";
import styles from "./log.module.css";

// The browser lays out only those blocks that are in sight.
const BLOCK = 100;

export interface LogLinesProps {
  lines: readonly LogLine[];
  pattern: RegExp | null;
  current: Match | null;
}

/** Lines of a log, with what is looked for marked. */
export function LogLines({ lines, pattern, current }: LogLinesProps) {
  const blocks = useMemo(() => Array.from({ length: Math.ceil(lines.length / BLOCK) }, (_one, index) => lines.slice(index * BLOCK, (index + 1) * BLOCK)), [lines]);
  return blocks.map((block, index) => {
    const first = index * BLOCK;
    const inside = current !== null && current.line >= first && current.line < first + BLOCK;
    return <Block key={index} lines={block} pattern={pattern} currentLine={inside ? current.line - first : null} currentNth={inside ? current.nth : null} />;
  });
}

interface BlockProps {
  lines: readonly LogLine[];
  pattern: RegExp | null;
  currentLine: number | null;
  currentNth: number | null;
}

const Block = memo(
  function Block({ lines, pattern, currentLine, currentNth }: BlockProps) {
    const locale = useLocale();
    const clock = useMemo(() => new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false }), [locale]);
    return (
      <div className={styles.block} style={{ containIntrinsicBlockSize: `auto ${lines.length * 18}px` }}>
        {lines.map((line, index) => (
          <div key={index} className={styles.line} data-level={line.level}>
            <time className={styles.time} dateTime={line.timestamp ?? undefined} title={line.timestamp ?? undefined}>
              {line.timestamp ? clock.format(new Date(line.timestamp)) : ""}
            </time>
            <span className={styles.level}>{line.level.toUpperCase()}</span>
            <span className={styles.text}>
              {splitByMatches(line.message, pattern).map((piece, place) =>
                place % 2 === 0 ? (
                  piece
                ) : (
                  <mark key={place} className={styles.match} data-current={(index === currentLine && (place - 1) / 2 === currentNth) || undefined}>
                    {piece}
                  </mark>
                ),
              )}
            </span>
          </div>
        ))}
      </div>
    );
  },
  // Lines do not change: blocks of the same length with the same first line are the same.
  (before, after) =>
    before.pattern === after.pattern && before.currentLine === after.currentLine && before.currentNth === after.currentNth && before.lines.length === after.lines.length && before.lines[0] === after.lines[0] && before.lines.at(-1) === after.lines.at(-1),
);
