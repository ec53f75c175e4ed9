/**
 * Text that is no valid JSON yet, by form and field.
 *
 * It is kept outside of the components, so that half a document survives a click on another node.
 */
const texts = new Map<string, string>();

export function pendingText(formId: string, field: string): string | undefined {
  return texts.get(`${formId}\n${field}`);
}

export function keepPendingText(formId: string, field: string, text: string | null): void {
  if (text === null) texts.delete(`${formId}\n${field}`);
  else texts.set(`${formId}\n${field}`, text);
}
