import { useState } from "react";
import { isTemplate } from "../../expressions/tokenize";
import { useMessages } from "../../i18n/useMessages";
import type { Json, JsonObject } from "../../schema/jsonSchema";
import type { JsonField } from "../fieldSpec";
import { effectiveValue } from "../fieldState";
import { useForm } from "../formContext";
import { propertiesMessages } from "../messages";
import { ExpressionInput } from "./ExpressionInput";
import { InlineValue } from "./InlineValue";
import { JsonEditor } from "./JsonEditor";
import { PairsEditor } from "./PairsEditor";
import { Segmented } from "./Segmented";
import type { WidgetProps } from "./types";
import styles from "./widgets.module.css";

type Mode = "json" | "expression";

/** Any JSON: a document with expressions in it, or one expression that makes the whole value. */
export function JsonWidget(props: WidgetProps<JsonField>) {
  const { field, path, onChange, label, describedBy, invalid } = props;
  const t = useMessages(propertiesMessages);
  const form = useForm();
  const value = effectiveValue(field, props.value);
  const [chosen, setChosen] = useState<Mode | null>(null);
  const mode: Mode = chosen ?? (field.expression && isTemplate(value) ? "expression" : "json");
  const text = typeof value === "string" ? value : "";
  const common = { label, describedBy, invalid, placeholder: field.placeholder };

  if (field.inline) {
    return <InlineValue {...common} value={value} path={path} onChange={(next) => onChange(next === "" ? emptyOf(field) : next)} />;
  }
  const other = widgetNow(field, props.siblings);
  if (other === "textarea" && (value === null || value === undefined || typeof value === "string")) {
    return <ExpressionInput {...common} value={text} onChange={onChange} multiline />;
  }
  const pairs = other === "key-value" && !isTemplate(value);
  return (
    <>
      {field.expression && !form.readOnly && (
        <div className={styles.corner}>
        <Segmented
          label={t("valueMode", { label })}
          value={mode}
          options={[
            { value: "json", label: pairs ? t("fixed") : t("json") },
            { value: "expression", label: t("expression") },
          ]}
          onChange={(next) => {
            setChosen(next);
            if (next === "json" && isTemplate(value)) onChange(emptyOf(field));
          }}
        />
        </div>
      )}
      {mode === "expression" ? (
        <ExpressionInput {...common} placeholder={t("expressionPlaceholder")} value={text} onChange={(next) => onChange(next === "" ? emptyOf(field) : next)} multiline />
      ) : pairs ? (
        <PairsEditor value={value as JsonObject | null | undefined} path={path} onChange={onChange} label={label} />
      ) : (
        <JsonEditor {...common} value={value} path={path} whenEmpty={emptyOf(field)} onChange={onChange} literal={!field.expression || field.literal} />
      )}
    </>
  );
}

/** What an emptied field holds: null when the schema's default is null, else the default itself. */
function emptyOf(field: JsonField): Json | undefined {
  return field.defaultValue === undefined ? undefined : field.defaultValue;
}

function widgetNow(field: JsonField, siblings: JsonObject | undefined): string | null {
  for (const [name, byValue] of Object.entries(field.widgetWhen ?? {})) {
    const widget = byValue[String(siblings?.[name])];
    if (widget) return widget;
  }
  return null;
}
