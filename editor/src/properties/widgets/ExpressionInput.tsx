import type { EditorView } from "@codemirror/view";
import { useMemo } from "react";
import { CodeEditor } from "../../components/code/CodeEditor";
import { expressionExtensions } from "../../expressions/expressionExtensions";
import { setInsertTarget } from "../../expressions/insertTarget";
import { useForm } from "../formContext";
import styles from "./widgets.module.css";

export interface ExpressionInputProps {
  value: string;
  onChange: (value: string) => void;
  label: string;
  describedBy?: string | undefined;
  invalid?: boolean;
  placeholder?: string;
  multiline?: boolean;
  viewRef?: { current: EditorView | null };
}

/** Text in which `{{ expressions }}` are coloured and completed, and data can be dropped. */
export function ExpressionInput(props: ExpressionInputProps) {
  const form = useForm();
  const extensions = useMemo(() => expressionExtensions(form.source), [form.source]);
  return (
    <CodeEditor
      value={props.value}
      onChange={props.onChange}
      language="text"
      label={props.label}
      describedBy={props.describedBy}
      invalid={props.invalid ?? false}
      readOnly={form.readOnly}
      singleLine={!props.multiline}
      minHeight={props.multiline ? "64px" : "0"}
      maxHeight={props.multiline ? "320px" : "120px"}
      placeholder={props.placeholder ?? ""}
      className={styles.code}
      extensions={extensions}
      onFocus={setInsertTarget}
      {...(props.viewRef ? { viewRef: props.viewRef } : {})}
    />
  );
}
