import type { Json, JsonObject } from "../schema/jsonSchema";

/**
 * What a step was given, without what says nothing about it: empty fields, and those that have their default.
 * Null where nothing is left.
 */
export function givenInput(input: unknown, defaults: JsonObject): JsonObject | null {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return null;
  const told = Object.entries(input as JsonObject).filter(([name, value]) => !isEmpty(value) && JSON.stringify(value) !== JSON.stringify(defaults[name]));
  return told.length > 0 ? Object.fromEntries(told) : null;
}

function isEmpty(value: Json): boolean {
  if (value === null || value === "") return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}
