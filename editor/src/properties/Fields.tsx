import { ChevronDown } from "lucide-react";
import { useState } from "react";
import { useMessages } from "../i18n/useMessages";
import type { JsonObject } from "../schema/jsonSchema";
import { Field } from "./Field";
import type { FieldSpec } from "./fieldSpec";
import { effectiveValue, isVisible } from "./fieldState";
import { useForm } from "./formContext";
import { issuesUnder } from "./issueIndex";
import { propertiesMessages } from "./messages";
import styles from "./properties.module.css";
import type { FieldsProps } from "./widgets/types";

/** The fields of one object, the rarely used ones behind a button. */
export function Fields({ fields, values, path }: FieldsProps) {
  const t = useMessages(propertiesMessages);
  const { issues } = useForm();
  const [opened, setOpened] = useState(false);
  const siblings = Object.fromEntries(fields.map((field) => [field.name, effectiveValue(field, values[field.name]) ?? null]));
  // A hidden field with an issue is shown all the same: otherwise nobody could mend it.
  const shown = fields.filter((field) => isVisible(field, fields, values) || issuesUnder(issues, [...path, field.name]).length > 0);
  const advanced = shown.filter((field) => field.advanced);
  const mustOpen = advanced.some((field) => isTouched(field, values) || issuesUnder(issues, [...path, field.name]).length > 0);
  const open = opened || mustOpen;
  const draw = (field: FieldSpec) => <Field key={field.name} field={field} path={[...path, field.name]} value={values[field.name]} siblings={siblings} Fields={Fields} />;
  return (
    <>
      {shown.filter((field) => !field.advanced).map(draw)}
      {advanced.length > 0 && (
        <>
          {!mustOpen && (
            <button type="button" className={styles.more} aria-expanded={open} data-testid="more-options" onClick={() => setOpened(!opened)}>
              <ChevronDown size={14} aria-hidden data-open={open || undefined} />
              {open ? t("fewerOptions") : t("moreOptions", { count: advanced.length })}
            </button>
          )}
          {open && advanced.map(draw)}
        </>
      )}
    </>
  );
}

function isTouched(field: FieldSpec, values: JsonObject): boolean {
  const value = values[field.name];
  return value !== undefined && JSON.stringify(value) !== JSON.stringify(field.defaultValue ?? null);
}
