/** The days that are looked at, as they stand in the address: `?days=7`. */
import type { StatisticsQuery } from "../api/statistics";

export const RANGES = [7, 30, 90] as const;
export type Range = (typeof RANGES)[number];

const USUAL: Range = 30;

export function readRange(search: string): Range {
  const days = Number(new URLSearchParams(search).get("days"));
  return RANGES.find((one) => one === days) ?? USUAL;
}

export function writeRange(range: Range): string {
  return range === USUAL ? "" : `?days=${range}`;
}

/** The browser's time zone; UTC where it has none that others would know. */
export function localZone(): string {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone as string | undefined;
  return zone && zone !== "Etc/Unknown" ? zone : "UTC";
}

/** The last days until today, where the time zone has it. */
export function toQuery(range: Range, zone: string, now: Date = new Date()): StatisticsQuery {
  const today = new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" }).format(now);
  const first = new Date(`${today}T00:00:00Z`);
  first.setUTCDate(first.getUTCDate() - range + 1);
  return { from: first.toISOString().slice(0, 10), to: today, tz: zone };
}

/** A moment as a field for local times takes it, for links to the list of executions. */
export function toLocalField(iso: string): string {
  const moment = new Date(iso);
  moment.setMinutes(moment.getMinutes() - moment.getTimezoneOffset());
  return moment.toISOString().slice(0, 16);
}
