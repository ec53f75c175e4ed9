import { useEffect, useState } from "react";
import type { Json } from "../../schema/jsonSchema";
import type { NumberField } from "../fieldSpec";
import { effectiveValue, readNumber } from "../fieldState";
import { useForm } from "../formContext";
import type { WidgetProps } from "./types";
import styles from "./widgets.module.css";

/** A number typed as text: what is no number stays visible and is flagged, instead of vanishing. */
export function NumberWidget({ field, value, onChange, inputId, describedBy, invalid, label }: WidgetProps<NumberField>) {
  const form = useForm();
  const actual = effectiveValue(field, value);
  const [text, setText] = useState(() => write(actual));

  useEffect(() => {
    // Keep "1." and "1,50" as typed while they mean the same number.
    setText((before) => (same(readNumber(before, field.nullable), value ?? undefined) ? before : write(actual)));
  }, [actual, value, field.nullable]);

  return (
    <input
      id={inputId}
      className={styles.input}
      inputMode={field.integer ? "numeric" : "decimal"}
      autoComplete="off"
      value={text}
      readOnly={form.readOnly}
      aria-label={label}
      aria-describedby={describedBy}
      aria-invalid={invalid || undefined}
      placeholder={field.placeholder || write(field.defaultValue)}
      onChange={(event) => {
        setText(event.target.value);
        onChange(readNumber(event.target.value, field.nullable));
      }}
    />
  );
}

function write(value: Json | undefined): string {
  return value === undefined || value === null ? "" : String(value);
}

function same(a: Json | undefined, b: Json | undefined): boolean {
  return (a ?? null) === (b ?? null);
}
