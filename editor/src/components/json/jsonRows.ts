/** A JSON value as the rows of a tree: pure, so that it can be tested and drawn without recursion. */
import { isObject, type Json } from "../../schema/jsonSchema";
import { expressionPath, type Path } from "../../schema/paths";

export interface JsonRow {
  /** Unique in the tree; the path as an expression. */
  id: string;
  key: string | number;
  path: Path;
  depth: number;
  value: Json;
  type: "object" | "array" | "string" | "number" | "boolean" | "null";
  /** Number of members; null for plain values. */
  size: number | null;
  open: boolean;
  /** Set on the row that stands for members not drawn yet. */
  more?: number;
}

/** Members drawn at once; more are asked for by a click, so that a list of 10,000 stays quick. */
export const PAGE = 100;

export interface RowOptions {
  rootPath: Path;
  isOpen: (id: string, depth: number) => boolean;
  /** Members shown of each opened value; PAGE when absent. */
  shown?: ReadonlyMap<string, number>;
  /** Show only what matches, with its ancestors. */
  search?: string;
}

export function rowType(value: Json): JsonRow["type"] {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value as JsonRow["type"];
}

export function jsonRows(value: Json, options: RowOptions): JsonRow[] {
  const rows: JsonRow[] = [];
  const search = options.search?.trim().toLowerCase() ?? "";
  for (const [key, member] of entries(value)) visit(key, member, [...options.rootPath, key], 0, search);
  return rows;

  // Below a key that was found everything is shown, so the search ends there.
  function visit(key: string | number, member: Json, path: Path, depth: number, wanted: string): void {
    if (wanted !== "" && !matches(key, member, wanted)) return;
    const below = wanted !== "" && String(key).toLowerCase().includes(wanted) ? "" : wanted;
    const id = expressionPath(path);
    const members = entries(member);
    const nested = isObject(member) || Array.isArray(member);
    const open = nested && (below !== "" || options.isOpen(id, depth));
    rows.push({ id, key, path, depth, value: member, type: rowType(member), size: nested ? members.length : null, open });
    if (!open) return;
    const limit = options.shown?.get(id) ?? PAGE;
    for (const [name, one] of members.slice(0, limit)) visit(name, one, [...path, name], depth + 1, below);
    if (members.length > limit) {
      const more = members.length - limit;
      rows.push({ id: `${id}…`, key: "…", path, depth: depth + 1, value: null, type: "null", size: null, open: false, more });
    }
  }
}

function entries(value: Json): [string | number, Json][] {
  if (Array.isArray(value)) return value.map((member, index) => [index, member]);
  return isObject(value) ? Object.entries(value) : [];
}

function matches(key: string | number, value: Json, search: string): boolean {
  if (String(key).toLowerCase().includes(search)) return true;
  const members = entries(value);
  if (members.length > 0) return members.some(([name, member]) => matches(name, member, search));
  return value !== null && typeof value !== "object" && String(value).toLowerCase().includes(search);
}
