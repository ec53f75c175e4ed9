import { useMessages } from "../../i18n/useMessages";
import type { DateTimeField } from "../fieldSpec";
import { effectiveValue } from "../fieldState";
import { useForm } from "../formContext";
import { propertiesMessages } from "../messages";
import type { WidgetProps } from "./types";
import styles from "./widgets.module.css";

const LOCAL = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/;

/** A moment: the browser's own picker, in the workflow's time zone; text where the value names a zone of its own. */
export function DateTimeWidget({ field, value, onChange, inputId, describedBy, invalid, label }: WidgetProps<DateTimeField>) {
  const t = useMessages(propertiesMessages);
  const form = useForm();
  const actual = effectiveValue(field, value);
  const text = typeof actual === "string" ? actual : "";
  const picks = text === "" || LOCAL.test(text);
  return (
    <>
      <input
        id={inputId}
        className={styles.input}
        type={picks ? "datetime-local" : "text"}
        step={1}
        value={text}
        readOnly={form.readOnly}
        aria-label={label}
        aria-describedby={describedBy}
        aria-invalid={invalid || undefined}
        autoComplete="off"
        onChange={(event) => onChange(event.target.value === "" && field.nullable ? null : event.target.value)}
      />
      {picks && <p className={styles.hint}>{t("momentIn", { timezone: form.workflowTimezone })}</p>}
    </>
  );
}
