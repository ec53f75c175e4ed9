import { useState } from "react";
import { useMessages } from "../../i18n/useMessages";
import type { Json } from "../../schema/jsonSchema";
import type { TextField } from "../fieldSpec";
import { effectiveValue } from "../fieldState";
import { useForm } from "../formContext";
import { propertiesMessages } from "../messages";
import { ExpressionInput } from "./ExpressionInput";
import { MarkdownPreview } from "./MarkdownPreview";
import { Segmented } from "./Segmented";
import type { WidgetProps } from "./types";
import styles from "./widgets.module.css";

export function TextWidget(props: WidgetProps<TextField>) {
  return props.field.markdown ? <MarkdownText {...props} /> : <PlainText {...props} />;
}

/** Written on one side, looked at on the other. */
function MarkdownText(props: WidgetProps<TextField>) {
  const t = useMessages(propertiesMessages);
  const [mode, setMode] = useState<"write" | "preview">("write");
  return (
    <>
      <div className={styles.corner}>
        <Segmented
          label={t("markdownMode", { label: props.label })}
          value={mode}
          options={[
            { value: "write", label: t("markdownWrite") },
            { value: "preview", label: t("markdownPreview") },
          ]}
          onChange={setMode}
        />
      </div>
      {mode === "write" ? <PlainText {...props} /> : <MarkdownPreview text={asText(effectiveValue(props.field, props.value))} />}
    </>
  );
}

function PlainText({ field, value, onChange, label, inputId, describedBy, invalid }: WidgetProps<TextField>) {
  const form = useForm();
  const text = asText(effectiveValue(field, value));
  const change = (next: string) => onChange(next === "" && field.nullable ? null : next);
  if (field.expression) {
    return (
      <ExpressionInput
        value={text}
        onChange={change}
        label={label}
        describedBy={describedBy}
        invalid={invalid}
        placeholder={field.placeholder}
        multiline={field.kind === "textarea"}
      />
    );
  }
  const common = {
    id: inputId,
    className: styles.input,
    value: text,
    placeholder: field.placeholder,
    readOnly: form.readOnly,
    "aria-describedby": describedBy,
    "aria-invalid": invalid || undefined,
    "aria-required": field.required || undefined,
    spellCheck: false,
  };
  return field.kind === "textarea" ? (
    <textarea {...common} rows={4} onChange={(event) => change(event.target.value)} />
  ) : (
    <input {...common} type={field.secret ? "password" : "text"} autoComplete="off" onChange={(event) => change(event.target.value)} />
  );
}

function asText(value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
