/** Questions about fields and their values: is it shown, is it valid, what is its default. */
import { isTemplate } from "../expressions/tokenize";
import { isObject, type Json, type JsonObject } from "../schema/jsonSchema";
import type { FieldSpec, NumberField, TextField } from "./fieldSpec";

/** The value, or the default of a field that was never set. */
export function effectiveValue(field: FieldSpec, value: Json | undefined): Json | undefined {
  return value === undefined ? field.defaultValue : value;
}

/**
 * Whether all conditions of `x-visible-when` hold; an expression among them can be any value.
 *
 * :param around: values of the objects around this one, defaults included, the nearest first; what is asked of
 *     objects that are not given holds
 */
export function isVisible(field: FieldSpec, siblings: readonly FieldSpec[], values: JsonObject, around: readonly JsonObject[] = []): boolean {
  return Object.entries(field.visibleWhen ?? {}).every(([name, expected]) => {
    const sibling = siblings.find((one) => one.name === name);
    // What hangs on a field that is not shown is not shown either.
    if (sibling && !isVisible(sibling, siblings.filter((one) => one !== field), values, around)) return false;
    const { known, actual } = conditionValue(name, siblings, values, around);
    if (!known || isTemplate(actual)) return true;
    const allowed = Array.isArray(expected) ? expected : [expected];
    return allowed.some((one) => one === (actual ?? null));
  });
}

function conditionValue(path: string, siblings: readonly FieldSpec[], values: JsonObject, around: readonly JsonObject[]): { known: boolean; actual: Json | undefined } {
  const name = path.replace(/^(\.\.\/)+/, "");
  const levels = (path.length - name.length) / "../".length;
  if (levels > 0) return { known: around.length >= levels, actual: around[levels - 1]?.[name] };
  const sibling = siblings.find((one) => one.name === name);
  return { known: true, actual: sibling ? effectiveValue(sibling, values[name]) : values[name] };
}

/** Whether a person has set the field to something other than its default. */
export function isChanged(field: FieldSpec, value: Json | undefined): boolean {
  return value !== undefined && JSON.stringify(value) !== JSON.stringify(field.defaultValue ?? null);
}

/** A value for a new row or an object that was null. */
export function emptyValue(field: FieldSpec): Json {
  if (field.defaultValue !== undefined) return field.defaultValue;
  switch (field.kind) {
    case "object":
      return Object.fromEntries(field.fields.filter((one) => one.required).map((one) => [one.name, emptyValue(one)]));
    case "boolean":
      return false;
    case "conditions":
      return {};
    case "value-list":
    case "key-value":
    case "object-list":
      return [];
    case "select":
      return field.options[0]?.value ?? null;
    case "number":
      return field.minimum ?? 0;
    case "duration":
      return field.number.minimum ?? 0;
    case "color":
      return field.options[0]?.value ?? "";
    default:
      return "";
  }
}

/** Give a new row of a list the ids that the form makes up; they differ from those of the other rows. */
export function withNewIds(item: Json, fields: readonly FieldSpec[], items: readonly Json[]): Json {
  if (!isObject(item)) return item;
  const made = { ...item };
  for (const { name, generate } of fields) {
    if (generate === null) continue;
    const taken = new Set(items.map((one) => (isObject(one) ? one[name] : undefined)));
    let number = 1;
    while (taken.has(`${generate}_${number}`)) number += 1;
    made[name] = `${generate}_${number}`;
  }
  return made;
}

/** What is wrong with a value, as a key of the messages with its numbers; null when nothing is. */
export type Complaint = { key: ComplaintKey; values?: Record<string, string | number> };
export type ComplaintKey =
  | "complaint.required"
  | "complaint.number"
  | "complaint.integer"
  | "complaint.minimum"
  | "complaint.maximum"
  | "complaint.above"
  | "complaint.below"
  | "complaint.minLength"
  | "complaint.maxLength"
  | "complaint.pattern"
  | "complaint.option"
  | "complaint.moment"
  | "complaint.boolean"
  | "complaint.list"
  | "complaint.object";

/** Check a value in the form, before the server does; `{{ }}` is the server's to judge. */
export function complain(field: FieldSpec, value: Json | undefined): Complaint | null {
  const actual = effectiveValue(field, value);
  if (actual === undefined || actual === null || actual === "") {
    return field.required && !(field.nullable && actual === null) ? emptyComplaint(field, actual) : null;
  }
  if (field.expression && isTemplate(actual)) return null;
  switch (field.kind) {
    case "text":
    case "textarea":
      return typeof actual === "string" ? complainText(field, actual) : null;
    case "number":
      return complainNumber(field, actual);
    case "duration":
      return complainNumber(field.number, actual);
    case "datetime":
      return typeof actual === "string" && !Number.isNaN(Date.parse(actual)) ? null : { key: "complaint.moment" };
    case "boolean":
      return typeof actual === "boolean" ? null : { key: "complaint.boolean" };
    case "select":
    case "color": {
      const anyColor = field.kind === "color" && field.options.length === 0 && typeof actual === "string" && /^#[0-9a-f]{6}$/i.test(actual);
      return anyColor || field.options.some((option) => option.value === actual) ? null : { key: "complaint.option", values: { value: String(actual) } };
    }
    case "value-list":
    case "key-value":
    case "object-list":
      return Array.isArray(actual) ? null : { key: "complaint.list" };
    case "object":
      return isObject(actual) ? null : { key: "complaint.object" };
    default:
      return null;
  }
}

function emptyComplaint(field: FieldSpec, actual: Json | undefined): Complaint | null {
  // Empty text is a legal text unless a length is asked for.
  if (actual === "" && (field.kind === "text" || field.kind === "textarea") && !field.minLength) return null;
  if (actual === "" && (field.kind === "json" || field.kind === "code")) return null;
  if (actual === null && field.kind === "json") return null;
  return { key: "complaint.required" };
}

function complainText(field: TextField, value: string): Complaint | null {
  if (field.minLength !== null && value.length < field.minLength) return { key: "complaint.minLength", values: { count: field.minLength } };
  if (field.maxLength !== null && value.length > field.maxLength) return { key: "complaint.maxLength", values: { count: field.maxLength } };
  if (field.pattern !== null && !matches(field.pattern, value)) return { key: "complaint.pattern", values: { pattern: field.pattern } };
  return null;
}

/** A pattern that only Python understands is left to the server. */
function matches(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern, "u").test(value);
  } catch {
    return true;
  }
}

function complainNumber(field: NumberField, value: Json): Complaint | null {
  if (typeof value !== "number") return { key: field.integer ? "complaint.integer" : "complaint.number" };
  if (field.integer && !Number.isInteger(value)) return { key: "complaint.integer" };
  if (field.minimum !== null && value < field.minimum) return { key: "complaint.minimum", values: { bound: field.minimum } };
  if (field.maximum !== null && value > field.maximum) return { key: "complaint.maximum", values: { bound: field.maximum } };
  if (field.exclusiveMinimum !== null && value <= field.exclusiveMinimum) return { key: "complaint.above", values: { bound: field.exclusiveMinimum } };
  if (field.exclusiveMaximum !== null && value >= field.exclusiveMaximum) return { key: "complaint.below", values: { bound: field.exclusiveMaximum } };
  return null;
}

/** Read what was typed into a number field; text that is no number is kept as text, so that nothing is lost. */
export function readNumber(text: string, nullable: boolean): Json | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return nullable ? null : undefined;
  const plain = trimmed.replace(/\s/g, "").replace(",", ".");
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(plain) && Number.isFinite(Number(plain)) ? Number(plain) : text;
}
