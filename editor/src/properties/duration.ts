/** Seconds as a number and a unit that people read at once. */

export type Unit = "s" | "min" | "h" | "d";

export const SECONDS: Readonly<Record<Unit, number>> = { s: 1, min: 60, h: 3600, d: 86_400 };
export const UNITS: readonly Unit[] = ["s", "min", "h", "d"];

/** The largest unit in which the number stays whole: 5400 -> minutes. */
export function unitOf(seconds: number): Unit {
  if (seconds === 0) return "s";
  return [...UNITS].reverse().find((unit) => Number.isInteger(seconds / SECONDS[unit])) ?? "s";
}
