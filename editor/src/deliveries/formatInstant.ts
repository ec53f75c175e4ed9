/** A moment to the second, with its day unless that is today. */
export function formatInstant(iso: string, locale: string, now: Date = new Date()): string {
  const moment = new Date(iso);
  if (Number.isNaN(moment.getTime())) return iso;
  const time: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", second: "2-digit" };
  const today = moment.toDateString() === now.toDateString();
  return new Intl.DateTimeFormat(locale, today ? time : { ...time, day: "numeric", month: "short", year: "numeric" }).format(moment);
}
