/** Time zones that the browser knows, and how people look for them. */

let cached: string[] | null = null;

export function listTimezones(): string[] {
  if (cached) return cached;
  const known = Intl.supportedValuesOf("timeZone");
  cached = known.includes("UTC") ? known : ["UTC", ...known];
  return cached;
}

/** Zones whose name or present offset fits all words of the search; names that start with it first. */
export function matchTimezones(zones: readonly string[], search: string): string[] {
  const words = search.toLowerCase().replace(/_/g, " ").split(/[\s/]+/).filter(Boolean);
  if (words.length === 0) return [...zones];
  const found = zones.filter((zone) => {
    const name = zone.toLowerCase().replace(/_/g, " ");
    return words.every((word) => name.includes(word) || (/^(utc|gmt)?[+-]\d/.test(word) && sameOffset(zone, word)));
  });
  const first = words[0] ?? "";
  const rank = (zone: string) => (zone.toLowerCase().split("/").some((part) => part.startsWith(first)) ? 0 : 1);
  return found.sort((a, b) => rank(a) - rank(b));
}

/** Present offset: `UTC+3`, `UTC+5:30`; empty for zones that the browser does not know. */
export function offsetOf(zone: string, now: Date = new Date()): string {
  try {
    const parts = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "shortOffset" }).formatToParts(now);
    return (parts.find((part) => part.type === "timeZoneName")?.value ?? "").replace("GMT", "UTC");
  } catch {
    return "";
  }
}

function sameOffset(zone: string, word: string): boolean {
  const wanted = word.replace(/^(utc|gmt)/, "").replace(/^([+-])0(\d)/, "$1$2").replace(/:00$/, "");
  return offsetOf(zone) === `UTC${wanted}`;
}
