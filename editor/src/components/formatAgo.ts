const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["second", 60],
  ["minute", 60],
  ["hour", 24],
  ["day", 30],
  ["month", 12],
  ["year", Number.POSITIVE_INFINITY],
];

/** A moment told from now: "5 minutes ago", "in 2 hours"; a dash where there is none. */
export function formatAgo(iso: string | null, locale: string, now: number = Date.now()): string {
  if (!iso) return "–";
  const moment = new Date(iso).getTime();
  if (Number.isNaN(moment)) return iso;
  const format = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  let amount = (moment - now) / 1000;
  for (const [unit, size] of STEPS) {
    if (Math.abs(Math.round(amount)) < size) return format.format(Math.round(amount), unit);
    amount /= size;
  }
  return iso;
}
