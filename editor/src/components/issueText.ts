/**
 * Messages name the node, and often the field, for logs and other programs; beside both that says nothing new.
 *
 * `Node "Save order": "SQL": It is empty.` -> `It is empty.`
 */
export function withoutPlace(message: string): string {
  const short = message.replace(/^Node "(?:[^"\\]|\\.)*"(?:, [\w.]+)?: (?:"[^"]*": )?/, "");
  return short.charAt(0).toUpperCase() + short.slice(1);
}
