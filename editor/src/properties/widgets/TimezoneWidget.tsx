import type { TimezoneField } from "../fieldSpec";
import { effectiveValue } from "../fieldState";
import { useForm } from "../formContext";
import { TimezonePicker } from "./TimezonePicker";
import type { WidgetProps } from "./types";

/** A time zone among the parameters; empty stands for the workflow's own. */
export function TimezoneWidget({ field, value, onChange, inputId, describedBy, invalid, label }: WidgetProps<TimezoneField>) {
  const form = useForm();
  const actual = effectiveValue(field, value);
  return (
    <TimezonePicker
      value={typeof actual === "string" ? actual : ""}
      onChange={(zone) => onChange(zone === "" && field.nullable ? null : zone)}
      label={label}
      inputId={inputId}
      describedBy={describedBy}
      invalid={invalid}
      readOnly={form.readOnly}
      inherited={form.workflowTimezone}
    />
  );
}
