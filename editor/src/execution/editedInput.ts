/** The text of an input that may have been edited. Pure. */

export interface Edited {
  changed: boolean;
  value: unknown;
  /** Why it is no JSON, in the browser's words. */
  fault: string | null;
}

/** `text` is null until somebody types; spaces and line breaks are no change. */
export function readEdited(text: string | null, before: string): Edited {
  if (text === null) return { changed: false, value: undefined, fault: null };
  try {
    const value: unknown = JSON.parse(text);
    return { changed: JSON.stringify(value) !== compact(before), value, fault: null };
  } catch (error) {
    return { changed: true, value: undefined, fault: error instanceof Error ? error.message : String(error) };
  }
}

function compact(text: string): string {
  return text === "" ? "" : JSON.stringify(JSON.parse(text));
}
