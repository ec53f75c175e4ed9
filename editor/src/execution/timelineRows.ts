/** When what of an execution waited and ran, as rows of bars. Pure. */
import type { Execution, Step, StepState } from "../api/types";

export interface Bar {
  key: string;
  tryNumber: number;
  mapIndex: number;
  state: StepState;
  /** Milliseconds since 1970: it waited from `from` on, ran from `start` to `end`. */
  from: number;
  start: number | null;
  end: number;
}

export interface TimelineRow {
  step: Step;
  bars: Bar[];
}

export interface TimelineChart {
  rows: TimelineRow[];
  begin: number;
  end: number;
  truncated: boolean;
}

/** Rows in the order of the steps; `now` ends what still runs. */
export function timelineRows(execution: Execution, now: number): TimelineChart {
  const bars = new Map<string, Bar[]>();
  for (const one of execution.timeline?.bars ?? []) {
    const bar = toBar({ ...one, key: `${one.node_id}-${one.map_index}-${one.try_number}` }, now);
    if (bar) bars.set(one.node_id, [...(bars.get(one.node_id) ?? []), bar]);
  }
  const rows = execution.steps.map((step) => ({ step, bars: bars.get(step.node_id) ?? (execution.timeline ? [] : barsOfStep(step, now)) }));
  const all = rows.flatMap((row) => row.bars);
  const begin = Math.min(...all.map((bar) => bar.from), moment(execution.started_at ?? execution.created_at) ?? Number.POSITIVE_INFINITY);
  const end = Math.max(...all.map((bar) => bar.end), moment(execution.ended_at) ?? Number.NEGATIVE_INFINITY);
  const known = Number.isFinite(begin) && Number.isFinite(end);
  return { rows, begin: known ? begin : 0, end: known ? Math.max(end, begin + 1) : 1, truncated: execution.timeline?.truncated ?? false };
}

interface Times {
  key: string;
  try_number: number;
  map_index: number;
  state: StepState;
  scheduled_at: string | null;
  queued_at: string | null;
  started_at: string | null;
  ended_at: string | null;
}

const OVER = new Set<StepState>(["success", "failed", "skipped", "upstream_failed", "cancelled", "up_for_retry"]);

function toBar(times: Times, now: number): Bar | null {
  const start = moment(times.started_at);
  const from = moment(times.scheduled_at) ?? moment(times.queued_at) ?? start;
  if (from === null) return null;
  const end = moment(times.ended_at) ?? (OVER.has(times.state) ? (start ?? from) : now);
  return { key: times.key, tryNumber: times.try_number, mapIndex: times.map_index, state: times.state, from: Math.min(from, start ?? from), start, end: Math.max(end, start ?? from) };
}

/** Without a timeline of the server: the last try is what is known. */
function barsOfStep(step: Step, now: number): Bar[] {
  if (step.tries === 0) return [];
  const bar = toBar({ key: step.node_id, try_number: step.tries, map_index: -1, state: step.state, scheduled_at: null, queued_at: null, started_at: step.started_at, ended_at: step.ended_at }, now);
  return bar ? [bar] : [];
}

function moment(iso: string | null | undefined): number | null {
  const value = iso ? Date.parse(iso) : Number.NaN;
  return Number.isNaN(value) ? null : value;
}

const STEPS_S = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400, 172_800, 604_800];

/** Round moments of the axis, in seconds since its beginning; at most `most` of them. */
export function axisTicks(lengthS: number, most: number): number[] {
  const step = STEPS_S.find((one) => lengthS / one <= most) ?? lengthS / most;
  const count = Math.floor(lengthS / step + 1e-9);
  return Array.from({ length: count + 1 }, (_one, index) => Number((index * step).toFixed(3)));
}
