import { useId, useMemo } from "react";
import { CodeEditor } from "../../components/code/CodeEditor";
import { expressionExtensions } from "../../expressions/expressionExtensions";
import { setInsertTarget } from "../../expressions/insertTarget";
import { quoteExpressions } from "../../expressions/quoteExpressions";
import { useMessages } from "../../i18n/useMessages";
import type { Json } from "../../schema/jsonSchema";
import { fieldPath, type Path } from "../../schema/paths";
import { useForm } from "../formContext";
import { propertiesMessages } from "../messages";
import { useJsonText } from "../useJsonText";
import styles from "./widgets.module.css";

export interface JsonEditorProps {
  value: Json | undefined;
  path: Path;
  whenEmpty: Json | undefined;
  onChange: (value: Json | undefined) => void;
  label: string;
  describedBy?: string | undefined;
  invalid?: boolean;
  placeholder?: string;
  /** `{{` is ordinary text: no colours and no completion. */
  literal?: boolean;
  compact?: boolean;
}

/** A JSON document; expressions stand in its strings, and bare ones are put into quotes by a click. */
export function JsonEditor(props: JsonEditorProps) {
  const t = useMessages(propertiesMessages);
  const form = useForm();
  const noteId = useId();
  const json = useJsonText({
    formId: form.formId,
    field: fieldPath(props.path),
    value: props.value,
    whenEmpty: props.whenEmpty,
    onChange: props.onChange,
  });
  const extensions = useMemo(() => (props.literal ? undefined : expressionExtensions(form.source)), [form.source, props.literal]);
  const quoted = json.fault !== null && json.text.includes("{{") ? quoteExpressions(json.text) : null;
  const tidy = json.fault === null && json.text.trim() !== "" ? JSON.stringify(JSON.parse(json.text), null, 2) : null;
  const describedBy = [props.describedBy, json.fault === null ? undefined : noteId].filter(Boolean).join(" ") || undefined;
  return (
    <div className={styles.json}>
      <CodeEditor
        value={json.text}
        onChange={json.setText}
        language="json"
        label={props.label}
        describedBy={describedBy}
        invalid={json.fault !== null || (props.invalid ?? false)}
        readOnly={form.readOnly}
        minHeight={props.compact ? "0" : "88px"}
        maxHeight={props.compact ? "160px" : "360px"}
        placeholder={props.placeholder ?? ""}
        className={styles.code}
        onFocus={setInsertTarget}
        {...(extensions ? { extensions } : {})}
      />
      {json.fault !== null && (
        <p id={noteId} className={styles.fault} role="status">
          {t("jsonInvalid", { detail: json.fault })}{" "}
          {quoted !== null && (
            <button type="button" className={styles.link} title={t("quoteHint")} onClick={() => json.setText(quoted)}>
              {t("quoteExpressions")}
            </button>
          )}
        </p>
      )}
      {tidy !== null && tidy !== json.text && !props.compact && !form.readOnly && (
        <button type="button" className={styles.tidy} onClick={() => json.setText(tidy)}>
          {t("format")}
        </button>
      )}
    </div>
  );
}
