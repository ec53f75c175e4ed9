/** The form of a question: what it starts with, and what of it is sent. */
import type { Approval } from "./types";

export type FormValue = string | number | boolean | null;
export type FormValues = Record<string, FormValue>;
type Field = Approval["fields"][number];

export function startForm(fields: readonly Field[]): FormValues {
  return Object.fromEntries(fields.map((field) => [field.name, startValue(field)]));
}

function startValue(field: Field): FormValue {
  const { value } = field;
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  return field.type === "boolean" ? false : null;
}

/** Values as the server takes them, and what is wrong; a rejection needs no required fields. */
export function readForm(fields: readonly Field[], values: FormValues, { approves }: { approves: boolean }): { values: FormValues; faults: Record<string, "missing" | "number"> } {
  const read: FormValues = {};
  const faults: Record<string, "missing" | "number"> = {};
  for (const field of fields) {
    const value = values[field.name] ?? null;
    const empty = value === null || (typeof value === "string" && value.trim() === "");
    if (empty) {
      read[field.name] = null;
      if (approves && field.required) faults[field.name] = "missing";
    } else if (field.type === "number") {
      // A comma is how many languages write the decimal point.
      const number = typeof value === "number" ? value : Number(String(value).trim().replace(",", "."));
      if (Number.isFinite(number)) read[field.name] = number;
      else faults[field.name] = "number";
    } else {
      read[field.name] = value;
    }
  }
  return { values: read, faults };
}
