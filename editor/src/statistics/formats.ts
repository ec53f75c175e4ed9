/** Days and shares as people read them; a day is no moment, so no time zone may move it. */
export function formatDay(day: string, locale: string, long = false): string {
  const options: Intl.DateTimeFormatOptions = long ? { weekday: "short", day: "numeric", month: "long", year: "numeric" } : { day: "numeric", month: "short" };
  return new Intl.DateTimeFormat(locale, { ...options, timeZone: "UTC" }).format(new Date(`${day}T00:00:00Z`));
}

/** `0.9916` -> "99.2%"; never 100% where something failed. */
export function formatShare(share: number | null | undefined, locale: string): string {
  if (share === null || share === undefined) return "–";
  const shown = share < 1 ? Math.min(share, 0.999) : share;
  return new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 }).format(shown);
}
