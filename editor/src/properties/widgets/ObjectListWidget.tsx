import { ArrowDown, ArrowUp, Plus, Trash2 } from "lucide-react";
import { useMessages } from "../../i18n/useMessages";
import { isObject, type Json } from "../../schema/jsonSchema";
import type { ObjectListField } from "../fieldSpec";
import { effectiveValue, emptyValue } from "../fieldState";
import { useForm } from "../formContext";
import { propertiesMessages } from "../messages";
import type { WidgetProps } from "./types";
import styles from "./widgets.module.css";

/** A list of objects, each one a small form. */
export function ObjectListWidget({ field, path, value, onChange, label, describedBy, Fields }: WidgetProps<ObjectListField>) {
  const t = useMessages(propertiesMessages);
  const form = useForm();
  const actual = effectiveValue(field, value);
  const items = Array.isArray(actual) ? actual : [];

  function move(index: number, by: number): void {
    const next: Json[] = [...items];
    const [item] = next.splice(index, 1);
    next.splice(index + by, 0, item ?? null);
    onChange(next);
  }

  return (
    <div role="group" aria-label={label} aria-describedby={describedBy} className={styles.rows}>
      {items.map((item, index) => (
        <div key={index} className={styles.card} data-testid={`row-${[...path, index].join(".")}`}>
          <div className={styles.cardHead}>
            <span>{index + 1}</span>
            {!form.readOnly && (
              <div className={styles.rowActions}>
                <button type="button" aria-label={`${t("moveUp")} ${index + 1}`} title={t("moveUp")} disabled={index === 0} onClick={() => move(index, -1)}>
                  <ArrowUp size={13} aria-hidden />
                </button>
                <button type="button" aria-label={`${t("moveDown")} ${index + 1}`} title={t("moveDown")} disabled={index === items.length - 1} onClick={() => move(index, 1)}>
                  <ArrowDown size={13} aria-hidden />
                </button>
                <button type="button" data-testid="row-remove" aria-label={t("removeRow", { row: index + 1 })} title={t("remove")} onClick={() => onChange(items.filter((_one, place) => place !== index))}>
                  <Trash2 size={13} aria-hidden />
                </button>
              </div>
            )}
          </div>
          <Fields fields={field.item.fields} values={isObject(item) ? item : {}} path={[...path, index]} />
        </div>
      ))}
      {!form.readOnly && (
        <button type="button" className={styles.add} onClick={() => onChange([...items, emptyValue(field.item)])} data-testid={`add-${path.join(".")}`}>
          <Plus size={14} aria-hidden /> {t("add")}
        </button>
      )}
    </div>
  );
}
