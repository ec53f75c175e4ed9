import { useEffect, useState } from "react";
import type { Json } from "../../schema/jsonSchema";
import { readNumber } from "../fieldState";
import { useForm } from "../formContext";
import styles from "./widgets.module.css";

/** A number inside of a row. Text that is no number turns the value into text, where it stays to be seen. */
export function PlainNumber({ value, onChange, label }: { value: number; onChange: (value: Json) => void; label: string }) {
  const form = useForm();
  const [text, setText] = useState(String(value));
  useEffect(() => {
    setText((before) => (readNumber(before, false) === value ? before : String(value)));
  }, [value]);
  return (
    <input
      className={styles.bare}
      inputMode="decimal"
      aria-label={label}
      value={text}
      readOnly={form.readOnly}
      onChange={(event) => {
        setText(event.target.value);
        const next = readNumber(event.target.value, false);
        // An emptied input waits for the next digit; the last number stays until then.
        if (next !== undefined && !/^[+-]?$/.test(event.target.value.trim())) onChange(next);
      }}
      onBlur={() => setText(String(value))}
    />
  );
}
