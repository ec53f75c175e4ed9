import { Plus, Trash2 } from "lucide-react";
import { useLocale, useMessages } from "../../i18n/useMessages";
import { isObject, type JsonObject } from "../../schema/jsonSchema";
import type { ObjectField } from "../fieldSpec";
import { effectiveValue, emptyValue } from "../fieldState";
import { useForm } from "../formContext";
import { propertiesMessages } from "../messages";
import type { WidgetProps } from "./types";
import styles from "./widgets.module.css";

/** The fields of an object; one that may be absent is added first. */
export function ObjectWidget({ field, path, value, onChange, label, Fields }: WidgetProps<ObjectField>) {
  const t = useMessages(propertiesMessages);
  const form = useForm();
  const russian = useLocale().startsWith("ru");
  const actual = effectiveValue(field, value);
  const object: JsonObject = isObject(actual) ? actual : {};
  if (field.nullable && !isObject(actual)) {
    return form.readOnly ? (
      <p className={styles.hint}>{t("notSet")}</p>
    ) : (
      <button type="button" className={styles.add} data-testid={`add-${path.join(".")}`} onClick={() => onChange(emptyValue({ ...field, defaultValue: undefined }))}>
        <Plus size={14} aria-hidden /> {t("addItem", { label: russian ? field.labelRu : field.label })}
      </button>
    );
  }
  return (
    <div role="group" aria-label={label} className={styles.nested}>
      <Fields fields={field.fields} values={object} path={path} />
      {field.nullable && !form.readOnly && (
        <button type="button" className={styles.add} data-testid={`clear-${path.join(".")}`} onClick={() => onChange(null)}>
          <Trash2 size={13} aria-hidden /> {t("remove")}
        </button>
      )}
    </div>
  );
}
