import { useMemo, type KeyboardEvent } from "react";
import type { Execution } from "../api/types";
import { useLocale, useMessages } from "../i18n/useMessages";
import { formatDuration, formatMoment, spentSeconds } from "../runs/format";
import { StepMark } from "../runs/StateMark";
import { isFinished } from "../runs/types";
import { useNow } from "../runs/useNow";
import { executionMessages } from "./messages";
import styles from "./Timeline.module.css";
import { axisTicks, timelineRows, type Bar } from "./timelineRows";

export interface TimelineProps {
  execution: Execution;
  selected: string | null;
  onSelect: (nodeId: string) => void;
}

/** The steps over time: each row a step, each bar a try; arrows move through the rows. */
export function Timeline({ execution, selected, onSelect }: TimelineProps) {
  const t = useMessages(executionMessages);
  const locale = useLocale();
  const now = useNow(!isFinished(execution.state));
  const chart = useMemo(() => timelineRows(execution, now), [execution, now]);
  const length = chart.end - chart.begin;
  const place = (at: number) => `${((at - chart.begin) / length) * 100}%`;
  const ticks = axisTicks(length / 1000, 5);

  function onKeyDown(event: KeyboardEvent<HTMLUListElement>): void {
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const next = chart.rows[chart.rows.findIndex((row) => row.step.node_id === selected) + by];
    if (by === 0 || !next) return;
    event.preventDefault();
    onSelect(next.step.node_id);
    event.currentTarget.querySelector<HTMLElement>(`[data-node="${next.step.node_id}"]`)?.focus();
  }

  return (
    <section className={styles.timeline} aria-label={t("timeline")} data-testid="timeline">
      <div className={styles.axis} aria-hidden>
        <span className={styles.axisName}>{t("timeline")}</span>
        <span className={styles.scale}>
          {ticks.map((tick) => (
            <span key={tick} className={styles.tick} style={{ insetInlineStart: place(chart.begin + tick * 1000) }}>
              {tick === 0 ? "0" : formatDuration(tick, locale)}
            </span>
          ))}
        </span>
      </div>
      <ul className={styles.rows} onKeyDown={onKeyDown}>
        {chart.rows.map(({ step, bars }, index) => {
          const spent = spentSeconds(step, now);
          const focusable = step.node_id === selected || (selected === null && index === 0);
          return (
            <li key={step.node_id}>
              <button
                type="button"
                className={styles.row}
                data-testid={`timeline-${step.node_id}`}
                data-node={step.node_id}
                data-state={step.state}
                aria-current={step.node_id === selected || undefined}
                tabIndex={focusable ? 0 : -1}
                onClick={() => onSelect(step.node_id)}
              >
                <StepMark state={step.state} />
                <span className={styles.name} title={step.name || step.node_id}>
                  {step.name || step.node_id}
                </span>
                <span className={styles.time}>{spent === null ? "" : formatDuration(spent, locale)}</span>
                <span className={styles.lane}>
                  {ticks.map((tick) => (
                    <i key={tick} className={styles.grid} style={{ insetInlineStart: place(chart.begin + tick * 1000) }} />
                  ))}
                  {bars.map((bar) => (
                    <BarMark key={bar.key} bar={bar} place={place} title={barTitle(bar, t, locale)} />
                  ))}
                </span>
              </button>
            </li>
          );
        })}
      </ul>
      {chart.truncated && <p className={styles.note}>{t("timelineTruncated")}</p>}
    </section>
  );
}

function BarMark({ bar, place, title }: { bar: Bar; place: (at: number) => string; title: string }) {
  const start = bar.start ?? bar.end;
  return (
    <>
      {start > bar.from && <i className={styles.wait} style={{ insetInlineStart: place(bar.from), insetInlineEnd: `calc(100% - ${place(start)})` }} title={title} />}
      {bar.start !== null && <i className={styles.bar} data-state={bar.state} data-try={bar.tryNumber} style={{ insetInlineStart: place(bar.start), insetInlineEnd: `calc(100% - ${place(bar.end)})` }} title={title} />}
    </>
  );
}

function barTitle(bar: Bar, t: ReturnType<typeof useMessages<(typeof executionMessages)["en"]>>, locale: string): string {
  const start = bar.start ?? bar.end;
  const lines = [t("barTry", { number: bar.tryNumber, from: formatMoment(new Date(start).toISOString(), locale) })];
  if (bar.mapIndex >= 0) lines.push(t("barTask", { number: bar.mapIndex + 1 }));
  if (start > bar.from) lines.push(t("barWaited", { duration: formatDuration((start - bar.from) / 1000, locale) }));
  if (bar.start !== null) lines.push(t("barRan", { duration: formatDuration((bar.end - bar.start) / 1000, locale) }));
  return lines.join("\n");
}
