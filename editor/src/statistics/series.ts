/** What the charts draw, and what their tables say: the same numbers. */
import type { DayStatistics } from "../api/statistics";
import { formatDuration } from "../runs/format";
import { formatShare } from "./formats";

export interface Series {
  /** Name of the text that labels it. */
  key: "success" | "running" | "cancelled" | "failed" | "rate" | "p50Line" | "p95Line" | "p99Line";
  color: string;
  /** Lines differ by more than colour. */
  dash?: string;
  value: (day: DayStatistics) => number | null;
}

export interface ChartKind {
  id: "runs" | "rate" | "duration";
  title: "runsTitle" | "rateTitle" | "durationTitle";
  shape: "bars" | "lines";
  series: readonly Series[];
  /** Largest value of the scale; what the data asks for when left out. */
  most?: number;
  /** Room for the scale in pixels; what its texts are measured to need when left out. */
  axisWidth?: number;
  format: (value: number | null, locale: string) => string;
}

export const CHARTS: readonly ChartKind[] = [
  {
    id: "runs",
    title: "runsTitle",
    shape: "bars",
    series: [
      { key: "success", color: "var(--ff-success)", value: (day) => day.success },
      { key: "running", color: "var(--ff-running)", value: (day) => day.running + day.queued },
      { key: "cancelled", color: "var(--ff-neutral)", value: (day) => day.cancelled },
      { key: "failed", color: "var(--ff-danger)", value: (day) => day.failed },
    ],
    format: (value, locale) => (value === null ? "–" : new Intl.NumberFormat(locale, value < 10_000 ? {} : { notation: "compact" }).format(value)),
  },
  {
    id: "rate",
    title: "rateTitle",
    shape: "lines",
    series: [{ key: "rate", color: "var(--ff-success)", value: (day) => day.success_rate }],
    most: 1,
    axisWidth: 52,
    format: formatShare,
  },
  {
    id: "duration",
    title: "durationTitle",
    shape: "lines",
    series: [
      { key: "p50Line", color: "var(--ff-accent)", value: (day) => day.duration_s?.p50 ?? null },
      { key: "p95Line", color: "var(--ff-warning)", dash: "6 3", value: (day) => day.duration_s?.p95 ?? null },
      { key: "p99Line", color: "var(--ff-expression)", dash: "2 3", value: (day) => day.duration_s?.p99 ?? null },
    ],
    format: formatDuration,
  },
];
