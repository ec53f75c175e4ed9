/** The colour of a group of node types, as a CSS value: own ones for the built-in groups, a stable pick for others. */
const KNOWN: Record<string, string> = {
  triggers: "var(--ff-group-trigger)",
  web: "var(--ff-group-http)",
  data: "var(--ff-group-data)",
  databases: "var(--ff-group-database)",
  messages: "var(--ff-group-other-1)",
  logic: "var(--ff-group-other-4)",
};

const OTHERS = ["var(--ff-group-other-1)", "var(--ff-group-other-2)", "var(--ff-group-other-3)", "var(--ff-group-other-4)"];

export function groupColor(group: string): string {
  const known = KNOWN[group.toLowerCase()];
  if (known) return known;
  let sum = 0;
  for (const letter of group) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 65_521;
  return OTHERS[sum % OTHERS.length] ?? "var(--ff-group-other)";
}
