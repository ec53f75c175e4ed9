/** How many may start a minute, or null for what is no such number. */
export function readRate(text: string): number | null {
  if (!/^\d{1,4}$/.test(text.trim())) return null;
  const value = Number(text);
  return value >= 1 && value <= 6000 ? value : null;
}
