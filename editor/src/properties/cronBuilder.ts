/** Schedules that can be clicked together, and the cron expressions that they are. */

export type Repeat = "minutes" | "hourly" | "daily" | "weekly" | "monthly";

export interface BuiltCron {
  repeat: Repeat;
  /** Every so many minutes. */
  every: number;
  minute: number;
  hour: number;
  /** Days of the week as cron counts them: 0 is Sunday. */
  weekdays: readonly number[];
  /** Day of the month; null is the last one. */
  day: number | null;
}

/** Divisors of an hour: any other number of minutes would not be evenly spaced. */
export const MINUTE_STEPS = [1, 2, 5, 10, 15, 20, 30] as const;
/** As a week is read: Monday first. */
export const WEEKDAYS = [1, 2, 3, 4, 5, 6, 0] as const;
export const REPEATS: readonly Repeat[] = ["minutes", "hourly", "daily", "weekly", "monthly"];

const USUAL: BuiltCron = { repeat: "daily", every: 15, minute: 0, hour: 9, weekdays: [1, 2, 3, 4, 5], day: 1 };
const PRESETS: Readonly<Record<string, string>> = { "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *" };

/** What an expression is in the builder; null when it says more than the builder can. */
export function readCron(expression: string): BuiltCron | null {
  const text = PRESETS[expression.trim()] ?? expression.trim();
  const [minutes = "", hours = "", days = "", months = "", weekdays = "", ...more] = text.split(/\s+/);
  if (more.length > 0 || months !== "*") return null;
  const step = minutes === "*" ? 1 : Number(/^\*\/(\d+)$/.exec(minutes)?.[1]);
  if ((MINUTE_STEPS as readonly number[]).includes(step) && hours === "*" && days === "*" && weekdays === "*") return { ...USUAL, repeat: "minutes", every: step };
  const minute = numberIn(minutes, 0, 59);
  if (minute === null) return null;
  if (hours === "*") return days === "*" && weekdays === "*" ? { ...USUAL, repeat: "hourly", minute } : null;
  const hour = numberIn(hours, 0, 23);
  if (hour === null) return null;
  const clock = { ...USUAL, minute, hour };
  if (days === "*" && weekdays === "*") return { ...clock, repeat: "daily" };
  if (days === "*") {
    const list = weekdayList(weekdays);
    return list ? { ...clock, repeat: "weekly", weekdays: list } : null;
  }
  if (weekdays !== "*") return null;
  if (days.toUpperCase() === "L") return { ...clock, repeat: "monthly", day: null };
  const day = numberIn(days, 1, 31);
  return day === null ? null : { ...clock, repeat: "monthly", day };
}

export function writeCron(built: BuiltCron): string {
  const { repeat, every, minute, hour, weekdays, day } = built;
  if (repeat === "minutes") return every === 1 ? "* * * * *" : `*/${every} * * * *`;
  if (repeat === "hourly") return `${minute} * * * *`;
  if (repeat === "weekly") return `${minute} ${hour} * * ${writeWeekdays(weekdays)}`;
  if (repeat === "monthly") return `${minute} ${hour} ${day ?? "L"} * *`;
  return `${minute} ${hour} * * *`;
}

/** The same schedule repeated otherwise; what both have in common stays. */
export function withRepeat(expression: string, repeat: Repeat): string {
  return writeCron({ ...(readCron(expression) ?? USUAL), repeat });
}

function writeWeekdays(weekdays: readonly number[]): string {
  const sorted = [...new Set(weekdays)].sort((one, other) => one - other);
  if (sorted.length === 7) return "*";
  const first = sorted[0] ?? 1;
  const last = sorted[sorted.length - 1] ?? 1;
  const isRow = sorted.length > 2 && last - first === sorted.length - 1;
  return isRow ? `${first}-${last}` : sorted.join(",") || "1";
}

const DAY_NAMES = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

function weekdayList(text: string): number[] | null {
  const days = new Set<number>();
  for (const part of text.split(",")) {
    const [from, to = from, ...more] = part.split("-").map(weekday);
    if (more.length > 0 || from === undefined || to === undefined || from === null || to === null || from > to) return null;
    for (let day = from; day <= to; day += 1) days.add(day % 7);
  }
  return [...days].sort((one, other) => one - other);
}

function weekday(text: string): number | null {
  const named = DAY_NAMES.indexOf(text.toUpperCase());
  return named >= 0 ? named : numberIn(text, 0, 7);
}

function numberIn(text: string, least: number, most: number): number | null {
  if (!/^\d{1,2}$/.test(text)) return null;
  const number = Number(text);
  return number >= least && number <= most ? number : null;
}
