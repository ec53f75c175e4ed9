/** Durations and moments as people read them, in their language. */
import type { Step } from "../api/types";

/** `0.35` -> "350 ms", `65` -> "1m 5s"; the units are short in both languages. */
export function formatDuration(seconds: number | null | undefined, locale: string): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "–";
  const units = locale.startsWith("ru") ? RUSSIAN : ENGLISH;
  const safe = Math.max(0, seconds);
  if (safe < 1) return `${Math.round(safe * 1000)} ${units.ms}`;
  if (safe < 10) return `${new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }).format(safe)} ${units.s}`;
  const whole = Math.round(safe);
  const parts: [number, string][] = [
    [Math.floor(whole / 86_400), units.d],
    [Math.floor(whole / 3600) % 24, units.h],
    [Math.floor(whole / 60) % 60, units.m],
    [whole % 60, units.s],
  ];
  const first = parts.findIndex(([amount]) => amount > 0);
  return parts
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(" ");
}

const ENGLISH = { ms: "ms", s: "s", m: "min", h: "h", d: "d" };
const RUSSIAN = { ms: "мс", s: "с", m: "мин", h: "ч", d: "д" };

/** Time alone for today, date and time for other days. */
export function formatMoment(iso: string | null | undefined, locale: string, now: Date = new Date()): string {
  if (!iso) return "–";
  const moment = new Date(iso);
  if (Number.isNaN(moment.getTime())) return iso;
  const sameDay = moment.toDateString() === now.toDateString();
  const time: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", second: "2-digit" };
  const date: Intl.DateTimeFormatOptions = { day: "numeric", month: "short", ...(moment.getFullYear() === now.getFullYear() ? {} : { year: "numeric" }) };
  return new Intl.DateTimeFormat(locale, sameDay ? time : { ...date, ...time }).format(moment);
}

/** Seconds from start to end, or to now while there is no end. */
export function secondsBetween(start: string | null, end: string | null, now: number): number | null {
  if (!start) return null;
  const until = end ? new Date(end).getTime() : now;
  return (until - new Date(start).getTime()) / 1000;
}

const WITHOUT_TIME = new Set(["none", "scheduled", "queued", "skipped", "upstream_failed"]);

/** Seconds that a step has run; null for one that has not, and for triggers, which only hand on. */
export function spentSeconds(step: Pick<Step, "state" | "duration_s" | "started_at" | "ended_at">, now: number): number | null {
  if (WITHOUT_TIME.has(step.state) || (step.duration_s !== null && step.duration_s < 0.0005)) return null;
  return step.duration_s ?? (step.state === "running" ? secondsBetween(step.started_at, step.ended_at, now) : null);
}
