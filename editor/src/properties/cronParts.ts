/** A cron expression taken apart, to name its fields while it is typed. */

export const CRON_FIELDS = ["cronMinute", "cronHour", "cronDay", "cronMonth", "cronWeekday"] as const;

export interface CronPart {
  text: string;
  name: (typeof CRON_FIELDS)[number];
}

/** The five fields with their names; null for presets such as @daily and for anything else. */
export function cronParts(expression: string): CronPart[] | null {
  const words = expression.trim().split(/\s+/);
  if (words.length !== CRON_FIELDS.length || expression.trim().startsWith("@")) return null;
  return words.map((text, index) => ({ text, name: CRON_FIELDS[index] ?? "cronMinute" }));
}
