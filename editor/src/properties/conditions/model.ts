/** Conditions as the server keeps them, and the small edits of the builder. Pure. */
import { isTemplate } from "../../expressions/tokenize";
import { isObject, type Json, type JsonObject } from "../../schema/jsonSchema";
import type { Path } from "../../schema/paths";

/** What stands on the right side of an operator. */
export type RightSide = "none" | "same" | "text" | "number" | "list" | "any" | "pattern";

export interface ConditionType {
  id: string;
  label: string;
  labelRu: string;
}

export interface Operator extends ConditionType {
  types: string[];
  right: RightSide;
}

/** Types and operators, from the JSON Schema. */
export interface Catalog {
  types: ConditionType[];
  operators: Operator[];
}

export interface Condition {
  left: Json;
  field: string;
  type: string;
  operator: string;
  right: Json | undefined;
  ignoreCase: boolean;
}

export const MAX_DEPTH = 5;

export function readCatalog(value: unknown): Catalog {
  const given = isObject(value) ? value : {};
  const items = (list: Json | undefined) => (Array.isArray(list) ? list.filter(isObject) : []);
  const named = (item: JsonObject) => ({ id: text(item["id"]), label: text(item["label"]), labelRu: text(item["label_ru"]) || text(item["label"]) });
  return {
    types: items(given["types"]).map(named),
    operators: items(given["operators"]).map((item) => ({
      ...named(item),
      types: Array.isArray(item["types"]) ? item["types"].map(text) : [],
      right: text(item["right"]) as RightSide,
    })),
  };
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

/** A row as it is drawn: what it leaves out is the server's default. */
export function readCondition(value: Json | undefined): Condition {
  const row = isObject(value) ? value : {};
  return {
    left: row["left"] ?? "",
    field: text(row["field"]),
    type: text(row["type"]) || "text",
    operator: text(row["operator"]) || "equals",
    right: row["right"],
    ignoreCase: row["ignore_case"] === true,
  };
}

export function newCondition(byField: boolean): JsonObject {
  return { [byField ? "field" : "left"]: "", type: "text", operator: "equals", right: "" };
}

export function operatorsOf(catalog: Catalog, type: string): Operator[] {
  return catalog.operators.filter((operator) => operator.types.includes(type));
}

/** Change type or operator; the other one and the right side follow where they do not fit any more. */
export function chooseOperator(row: JsonObject, catalog: Catalog, choice: { type?: string; operator?: string }): JsonObject {
  const now = readCondition(row);
  const type = choice.type ?? now.type;
  const fitting = operatorsOf(catalog, type);
  const wanted = choice.operator ?? now.operator;
  const operator = fitting.find((one) => one.id === wanted) ?? fitting[0];
  const before = catalog.operators.find((one) => one.id === now.operator);
  const next: JsonObject = { ...row, type, operator: operator?.id ?? wanted };
  const kind = rightKind(operator, type);
  if (kind === "none") delete next["right"];
  else if (kind !== rightKind(before, now.type) || next["right"] === undefined) next["right"] = fitRight(row["right"], kind);
  if (!mayIgnoreCase(type, operator)) delete next["ignore_case"];
  return next;
}

/** How the right side is edited. */
export type RightKind = "none" | "text" | "boolean" | "list" | "value";

export function rightKind(operator: Operator | undefined, type: string): RightKind {
  switch (operator?.right) {
    case undefined:
    case "none":
      return "none";
    case "list":
      return "list";
    case "any":
      return type === "text" ? "text" : "value";
    case "same":
      return type === "boolean" ? "boolean" : type === "any" || type === "list" || type === "object" ? "value" : "text";
    default:
      return "text";
  }
}

/** Keep as much of a right side as the new kind can hold. */
function fitRight(value: Json | undefined, kind: RightKind): Json {
  if (isTemplate(value)) return value as Json;
  const plain: Json | undefined = Array.isArray(value) ? (value[0] ?? "") : value;
  if (kind === "list") return Array.isArray(value) ? value : plain === undefined || plain === null || String(plain) === "" ? [] : [plain];
  if (kind === "boolean") return String(plain) === "false" ? "false" : "true";
  if (kind === "text") return typeof plain === "string" ? plain : typeof plain === "number" ? String(plain) : "";
  return value ?? "";
}

export function mayIgnoreCase(type: string, operator: Operator | undefined): boolean {
  return operator !== undefined && operator.right !== "none" && operator.right !== "number" && ["text", "any", "list", "object"].includes(type);
}

export function listOf(group: JsonObject, key: "conditions" | "groups"): Json[] {
  const list = group[key];
  return Array.isArray(list) ? list : [];
}

/** Paths of all rows and groups below: each shows its own issues. */
export function placesIn(value: Json | undefined, path: Path): Path[] {
  if (!isObject(value)) return [];
  const conditions = listOf(value, "conditions").map((_row, index): Path => [...path, "conditions", index]);
  const groups = listOf(value, "groups").map((_group, index): Path => [...path, "groups", index]);
  return [...conditions, ...groups, [...path, "expression"]];
}

export function without(object: JsonObject, key: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));
}
