import { useMemo } from "react";
import { CodeEditor } from "../../components/code/CodeEditor";
import { expressionExtensions } from "../../expressions/expressionExtensions";
import { setInsertTarget } from "../../expressions/insertTarget";
import type { CodeField } from "../fieldSpec";
import { effectiveValue } from "../fieldState";
import { useForm } from "../formContext";
import type { WidgetProps } from "./types";
import styles from "./widgets.module.css";

/** A program or statement as text. Expressions are offered only where the field takes them. */
export function CodeWidget({ field, value, onChange, label, describedBy, invalid }: WidgetProps<CodeField>) {
  const form = useForm();
  const actual = effectiveValue(field, value);
  const extensions = useMemo(() => (field.expression ? expressionExtensions(form.source) : undefined), [form.source, field.expression]);
  return (
    <CodeEditor
      value={typeof actual === "string" ? actual : actual === undefined || actual === null ? "" : JSON.stringify(actual, null, 2)}
      onChange={onChange}
      language={field.language}
      label={label}
      describedBy={describedBy}
      invalid={invalid}
      readOnly={form.readOnly}
      minHeight="96px"
      maxHeight="420px"
      placeholder={field.placeholder}
      className={styles.code}
      {...(extensions ? { extensions, onFocus: setInsertTarget } : {})}
    />
  );
}
