/** A moment as short as it can be: the time alone today, the day with it before. */
export function formatSince(iso: string, locale: string, now: Date = new Date()): string {
  const moment = new Date(iso);
  if (Number.isNaN(moment.getTime())) return iso;
  const time: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit" };
  const today = moment.toDateString() === now.toDateString();
  return new Intl.DateTimeFormat(locale, today ? time : { ...time, day: "numeric", month: "short" }).format(moment);
}
