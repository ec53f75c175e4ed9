/** One JSON value in a row: its kind, and what it becomes when another kind is chosen. */
import { isTemplate } from "../expressions/tokenize";
import type { Json } from "../schema/jsonSchema";
import { readNumber } from "./fieldState";

export type InlineKind = "text" | "number" | "boolean" | "json";
export const INLINE_KINDS: readonly InlineKind[] = ["text", "number", "boolean", "json"];

export function inlineKind(value: Json | undefined): InlineKind {
  if (typeof value === "number") return "number";
  if (typeof value === "boolean") return "boolean";
  if (typeof value === "object" && value !== null) return "json";
  return "text";
}

/** Keep as much of the value as the other kind can hold. */
export function convertInline(value: Json | undefined, kind: InlineKind): Json {
  const text = typeof value === "string" ? value : value === undefined || value === null ? "" : JSON.stringify(value);
  switch (kind) {
    case "text":
      return text;
    case "number": {
      const number = readNumber(text, false);
      return typeof number === "number" ? number : 0;
    }
    case "boolean":
      return text.trim().toLowerCase() === "true" || text.trim() === "1";
    case "json":
      return toDocument(text);
  }
}

function toDocument(text: string): Json {
  try {
    const parsed = JSON.parse(text) as Json;
    if (typeof parsed === "object" && parsed !== null) return parsed;
  } catch {
    // Not a document yet: start one around the value.
  }
  if (text === "") return {};
  return isTemplate(text) || text !== "" ? { value: text } : {};
}
