/** What the part of a rule's form that is about quiet hours holds. */
import type { AlertRule } from "../api/alerts";

type QuietHours = NonNullable<AlertRule["quiet_hours"]>;

export interface QuietForm {
  on: boolean;
  timezone: string;
  /** As HH:MM. */
  start: string;
  end: string;
  /** On which they begin: 0 is Monday. */
  days: number[];
}

export type QuietFault = "quiet_timezone" | "quiet_start" | "quiet_end" | "quiet_days";

export const WEEK = [0, 1, 2, 3, 4, 5, 6] as const;

const CLOCK = /^([01]\d|2[0-3]):[0-5]\d$/;

/** Hours that are switched off begin with what most people want, by the clock of who fills in the form. */
export function formOfQuietHours(hours: QuietHours | null): QuietForm {
  const { timezone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC", start = "22:00", end = "07:00", days } = hours ?? {};
  return { on: hours !== null, timezone, start, end, days: [...(days ?? WEEK)] };
}

/** Names that the browser knows, to choose from; any other that it understands is taken, too. */
export function timeZones(): string[] {
  return ["UTC", ...Intl.supportedValuesOf("timeZone")];
}

function isTimeZone(name: string): boolean {
  // What the browser takes beside names are offsets such as +03:00, which know no summer time.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return Boolean(new Intl.DateTimeFormat("en", { timeZone: name }));
  } catch {
    return false;
  }
}

/** Fields that are wrong. */
export function faultsOfQuietHours(form: QuietForm): QuietFault[] {
  if (!form.on) return [];
  const wrong: QuietFault[] = [];
  if (!isTimeZone(form.timezone.trim())) wrong.push("quiet_timezone");
  if (!CLOCK.test(form.start)) wrong.push("quiet_start");
  if (!CLOCK.test(form.end) || form.end === form.start) wrong.push("quiet_end");
  if (form.days.length === 0) wrong.push("quiet_days");
  return wrong;
}

export function bodyOfQuietHours(form: QuietForm): QuietHours | null {
  if (!form.on) return null;
  return { timezone: form.timezone.trim(), start: form.start, end: form.end, days: [...form.days].sort() };
}

/** The short name of a day of the week. */
export function nameOfDay(day: number, locale: string): string {
  // The first of January 2024 was a Monday.
  return new Intl.DateTimeFormat(locale, { weekday: "short", timeZone: "UTC" }).format(Date.UTC(2024, 0, 1 + day));
}
