import { isObject, type Json, type JsonObject } from "../schema/jsonSchema";
import type { FieldSpec } from "./fieldSpec";
import { effectiveValue, isVisible } from "./fieldState";

const MAX_PARTS = 4;

/** One line that tells what an object of a list holds: the values of its first fields, as the form names them. */
export function rowSummary(fields: readonly FieldSpec[], values: JsonObject, russian: boolean): string {
  const parts: string[] = [];
  for (const field of fields) {
    if (parts.length === MAX_PARTS) break;
    if (field.advanced || field.generate !== null || field.kind === "conditions" || !isVisible(field, fields, values)) continue;
    const text = describe(field, effectiveValue(field, values[field.name]), russian);
    if (text !== "") parts.push(text);
  }
  return parts.join(" · ");
}

function describe(field: FieldSpec, value: Json | undefined, russian: boolean): string {
  if (value === undefined || value === null || value === "") return "";
  const label = russian ? field.labelRu : field.label;
  if (field.kind === "boolean") return value === true ? label : "";
  if (field.kind === "select" || field.kind === "color") {
    const option = field.options.find((one) => one.value === value);
    if (option) return russian ? option.labelRu : option.label;
  }
  if (typeof value === "string") return value.replace(/\s+/g, " ").trim();
  if (Array.isArray(value)) return value.length === 0 ? "" : value.every((one) => typeof one !== "object") ? value.join(", ") : `${label}: ${value.length}`;
  if (isObject(value)) return Object.keys(value).length === 0 ? "" : JSON.stringify(value);
  return String(value);
}
