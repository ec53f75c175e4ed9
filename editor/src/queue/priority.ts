/** The bounds of the API. */
export const LOWEST = -10;
export const HIGHEST = 10;

/** The number that was typed, or null for anything that is no priority. */
export function readPriority(text: string): number | null {
  if (!/^[+-]?\d{1,2}$/.test(text.trim())) return null;
  const value = Number(text);
  return value >= LOWEST && value <= HIGHEST ? value : null;
}
