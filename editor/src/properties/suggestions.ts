/** What text fields offer: read from the server by a route that names other fields, and narrowed while one types. */
import { isTemplate } from "../expressions/tokenize";
import { isObject, type Json, type JsonObject } from "../schema/jsonSchema";

export interface Suggestion {
  value: string;
  label: string;
  description: string;
}

export interface FilledRoute {
  /** Null: a field that the route names has no fixed value yet. */
  url: string | null;
  /** Names of the fields without one. */
  missing: string[];
}

/** Put values of fields into the braces of a route; a name is looked up nearest first. */
export function fillRoute(route: string, levels: readonly JsonObject[]): FilledRoute {
  const missing: string[] = [];
  const [path = "", query] = route.split("?");
  const fill = (part: string, needed: boolean) =>
    part.replace(/\{(\w+)\}/g, (_all, name: string) => {
      const value = levels.find((level) => Object.hasOwn(level, name))?.[name];
      if (isUsable(value)) return encodeURIComponent(String(value));
      if (needed || isTemplate(value)) missing.push(name);
      return "";
    });
  // A parameter of the query may be empty: the server has a default for it.
  const url = query === undefined ? fill(path, true) : `${fill(path, true)}?${fill(query, false)}`;
  return { url: missing.length > 0 ? null : url, missing };
}

function isUsable(value: Json | undefined): value is string | number {
  return (typeof value === "string" && value !== "" && !isTemplate(value)) || typeof value === "number";
}

/** Read an answer: a list, or an object that holds one; of texts, or of objects with a value (or an id, or a name). */
export function readSuggestions(answer: unknown): Suggestion[] {
  const list = Array.isArray(answer) ? answer : isObject(answer) ? Object.values(answer).find(Array.isArray) : undefined;
  return (list ?? []).flatMap((one: unknown) => {
    if (typeof one === "string") return [{ value: one, label: one, description: "" }];
    if (!isObject(one)) return [];
    const value = one["value"] ?? one["id"] ?? one["name"];
    if (typeof value !== "string") return [];
    const name = textOf(one["name"]);
    const told = textOf(one["description"]) || textOf(one["type"]);
    // Where the value is an id, people know it by its name.
    return [{ value, label: textOf(one["label"]) || name || value, description: told || (name && name !== value ? value : "") }];
  });
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

/** Offers that hold every typed word; those that begin with the text come first. */
export function matchSuggestions(suggestions: readonly Suggestion[], text: string): Suggestion[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...suggestions];
  const first = words[0] ?? "";
  const found = suggestions.filter(({ value, label }) => words.every((word) => `${value} ${label}`.toLowerCase().includes(word)));
  const rank = (one: Suggestion) => (one.value.toLowerCase().startsWith(first) || one.label.toLowerCase().startsWith(first) ? 0 : 1);
  return found.sort((a, b) => rank(a) - rank(b));
}
