/** Ids of new nodes: slugs that read well in expressions, such as steps.http_request_2. */

const MAX_LENGTH = 63;

/** Make a node id from free text; always matches ^[a-z][a-z0-9_]{0,62}$. */
export function slugify(text: string): string {
  const slug = text
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^[^a-z]+|_+$/g, "")
    .slice(0, MAX_LENGTH)
    .replace(/_+$/, "");
  return slug || "step";
}

/** The wanted id, or the first of wanted_2, wanted_3, … that is free. */
export function uniqueId(wanted: string, taken: ReadonlySet<string>): string {
  if (!taken.has(wanted)) return wanted;
  for (let number = 2; ; number++) {
    const suffix = `_${number}`;
    const candidate = wanted.slice(0, MAX_LENGTH - suffix.length) + suffix;
    if (!taken.has(candidate)) return candidate;
  }
}
