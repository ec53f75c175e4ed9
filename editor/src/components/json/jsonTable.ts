/** When a JSON value reads best as a table, and which columns it has. */
import { isObject, type Json, type JsonObject } from "../../schema/jsonSchema";
import type { Path } from "../../schema/paths";

export interface JsonTableData {
  /** Where the list is inside the value: [] or, for example, ["rows"]. */
  path: Path;
  columns: string[];
  rows: JsonObject[];
}

/** The value itself or one of its members, when that is a list of objects. */
export function findTable(value: Json | undefined): JsonTableData | null {
  const direct = asTable(value, []);
  if (direct) return direct;
  if (!isObject(value)) return null;
  for (const [key, member] of Object.entries(value)) {
    const table = asTable(member, [key]);
    if (table) return table;
  }
  return null;
}

function asTable(value: Json | undefined, path: Path): JsonTableData | null {
  if (!Array.isArray(value) || value.length === 0 || !value.every(isObject)) return null;
  const columns = [...new Set(value.flatMap((row) => Object.keys(row)))];
  return columns.length > 0 ? { path, columns, rows: value } : null;
}

/** A cell as short text; nested values as compact JSON. */
export function cellText(value: Json | undefined): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
