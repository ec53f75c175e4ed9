/** An object as rows, while its names are being typed: names may be empty or double for a moment. */
import type { Json, JsonObject } from "../schema/jsonSchema";

export interface PairRow {
  name: string;
  value: Json;
}

export function toRows(value: JsonObject | null | undefined): PairRow[] {
  return Object.entries(value ?? {}).map(([name, one]) => ({ name, value: one }));
}

/** Rows without a name are left out; of two with one name the later wins, as it does in an object. */
export function fromRows(rows: readonly PairRow[]): JsonObject {
  return Object.fromEntries(rows.filter((row) => row.name !== "").map((row) => [row.name, row.value]));
}

/** Indices of rows whose name another row before them has. */
export function doubleNames(rows: readonly PairRow[]): Set<number> {
  const seen = new Set<string>();
  const double = new Set<number>();
  rows.forEach((row, index) => {
    if (row.name !== "" && seen.has(row.name)) double.add(index);
    seen.add(row.name);
  });
  return double;
}
