import { isObject, type JsonObject } from "../../schema/jsonSchema";
import type { ObjectField } from "../fieldSpec";
import { effectiveValue } from "../fieldState";
import type { WidgetProps } from "./types";
import styles from "./widgets.module.css";

export function ObjectWidget({ field, path, value, label, Fields }: WidgetProps<ObjectField>) {
  const actual = effectiveValue(field, value);
  const object: JsonObject = isObject(actual) ? actual : {};
  return (
    <div role="group" aria-label={label} className={styles.nested}>
      <Fields fields={field.fields} values={object} path={path} />
    </div>
  );
}
