/** Between what people type into a form and the payload of a run; the server checks the payload as a whole. */
import type { components } from "../../../openapi-gen/schema";

export type PayloadForm = components["schemas"]["PayloadFormResponse"];
export type PayloadInput = components["schemas"]["PayloadInput"];
export type FaultCode = "missing" | "number" | "json";
/** What stands in a field: typed text, a tick, or the JSON of what was chosen. */
export type Typed = string | boolean | unknown[];

export interface ReadForm {
  payload: Record<string, unknown>;
  faults: Record<string, FaultCode>;
}

const DECIMAL = /^[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d{1,3})?$/i;

/** What a field shows for a value of the payload; its beginning when there is none. */
export function typedOf(input: PayloadInput, value: unknown): Typed {
  switch (input.type) {
    case "boolean":
      return value === true;
    case "multi_select":
    case "files":
      return Array.isArray(value) ? value : [];
    case "file":
      return value === undefined || value === null ? [] : [value];
    case "select": {
      const index = input.choices.findIndex((choice) => JSON.stringify(choice.value) === JSON.stringify(value));
      return index < 0 ? "" : String(index);
    }
    case "json":
      return value === undefined || value === null ? "" : JSON.stringify(value, null, 2);
    case "datetime":
      return typeof value === "string" ? localMoment(value) : "";
    default:
      return typeof value === "string" || typeof value === "number" ? String(value) : "";
  }
}

/** The form's fields as they begin, from the sample where it has a value, else from their defaults. */
export function beginForm(inputs: readonly PayloadInput[], sample: unknown): Record<string, Typed> {
  const known = isObject(sample) ? sample : {};
  return Object.fromEntries(inputs.map((input) => [input.name, typedOf(input, known[input.name] ?? input.default)]));
}

/** The payload, and what of it cannot be read or is missing. */
export function readForm(inputs: readonly PayloadInput[], typed: Readonly<Record<string, Typed>>): ReadForm {
  const payload: Record<string, unknown> = {};
  const faults: Record<string, FaultCode> = {};
  for (const input of inputs) {
    const value = readField(input, typed[input.name] ?? "");
    if (value === undefined) {
      if (input.required && !input.may_be_empty) faults[input.name] = "missing";
      else if (input.required) payload[input.name] = "";
    } else if (value instanceof Fault) {
      faults[input.name] = value.code;
    } else {
      payload[input.name] = value;
    }
  }
  return { payload, faults };
}

class Fault {
  constructor(readonly code: FaultCode) {}
}

function readField(input: PayloadInput, typed: Typed): unknown {
  if (typeof typed === "boolean") return typed || input.required ? typed : undefined;
  if (Array.isArray(typed)) {
    if (input.type === "file") return typed[0];
    return typed.length > 0 ? typed : undefined;
  }
  if (!typed.trim()) return undefined;
  switch (input.type) {
    case "select":
      return input.choices[Number(typed)]?.value;
    case "number":
    case "integer": {
      const text = typed.trim();
      return DECIMAL.test(text) && text.length <= 100 ? Number(text.replace(",", ".")) : new Fault("number");
    }
    case "datetime": {
      const moment = new Date(typed);
      return Number.isNaN(moment.getTime()) ? typed : moment.toISOString();
    }
    case "json":
      try {
        return JSON.parse(typed) as unknown;
      } catch {
        return new Fault("json");
      }
    default:
      return typed;
  }
}

/** A file as steps take it: its content in Base64. */
export async function fileValue(file: File): Promise<Record<string, unknown>> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = "";
  for (let start = 0; start < bytes.length; start += 8192) binary += String.fromCharCode(...bytes.subarray(start, start + 8192));
  return { filename: file.name, content_type: file.type || "application/octet-stream", size: file.size, base64: btoa(binary) };
}

/** A moment in the browser's own time zone, as `<input type="datetime-local">` writes it. */
function localMoment(text: string): string {
  const moment = new Date(text);
  if (Number.isNaN(moment.getTime())) return "";
  const shifted = new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 19);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
