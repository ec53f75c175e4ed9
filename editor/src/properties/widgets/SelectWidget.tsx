import { useLocale, useMessages } from "../../i18n/useMessages";
import type { SelectField } from "../fieldSpec";
import { effectiveValue } from "../fieldState";
import { useForm } from "../formContext";
import { propertiesMessages } from "../messages";
import type { WidgetProps } from "./types";
import styles from "./widgets.module.css";

/** The browser's own select: right keyboard, right touch, right inside of a shadow root. */
export function SelectWidget({ field, value, onChange, inputId, describedBy, invalid, label }: WidgetProps<SelectField>) {
  const t = useMessages(propertiesMessages);
  const form = useForm();
  const russian = useLocale().startsWith("ru");
  const actual = effectiveValue(field, value) ?? null;
  const index = field.options.findIndex((option) => option.value === actual);
  const isNotSet = index < 0 && (actual === null || actual === "");
  return (
    <select
      id={inputId}
      className={styles.select}
      aria-label={label}
      value={index >= 0 ? String(index) : isNotSet ? "none" : "other"}
      disabled={form.readOnly}
      aria-describedby={describedBy}
      aria-invalid={invalid || undefined}
      onChange={(event) => {
        const chosen = event.target.value;
        if (chosen === "none") onChange(field.nullable ? null : undefined);
        else if (chosen !== "other") onChange(field.options[Number(chosen)]?.value);
      }}
    >
      {(isNotSet || field.nullable) && <option value="none">{t("notSet")}</option>}
      {/* A value from another version of the node type stays visible until it is changed. */}
      {index < 0 && !isNotSet && <option value="other">{t("notAllowed", { value: String(actual) })}</option>}
      {field.options.map((option, place) => (
        <option key={String(option.value)} value={String(place)} data-value={typeof option.value === "string" ? option.value : JSON.stringify(option.value)}>
          {russian ? option.labelRu : option.label}
        </option>
      ))}
    </select>
  );
}
