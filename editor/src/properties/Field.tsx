import { useId, useRef, useState } from "react";
import { isTemplate } from "../expressions/tokenize";
import { PATH_TYPE } from "../components/json/pathType";
import { useLocale, useMessages } from "../i18n/useMessages";
import type { Json, JsonObject } from "../schema/jsonSchema";
import { fieldPath, type Path } from "../schema/paths";
import { placesIn } from "./conditions/model";
import type { FieldSpec } from "./fieldSpec";
import { complain, effectiveValue } from "./fieldState";
import { useForm } from "./formContext";
import { issuesAt } from "./issueIndex";
import { propertiesMessages } from "./messages";
import styles from "./properties.module.css";
import { ExpressionInput } from "./widgets/ExpressionInput";
import { ExpressionPreview } from "./widgets/ExpressionPreview";
import { widgetFor } from "./widgets/registry";
import { RowIssues } from "./widgets/RowIssues";
import { Segmented } from "./widgets/Segmented";
import type { WidgetProps } from "./widgets/types";

export interface FieldProps {
  field: FieldSpec;
  path: Path;
  value: Json | undefined;
  siblings: JsonObject;
  Fields: WidgetProps["Fields"];
}

// Kinds whose own widget holds templates, or whose rows do.
const OWN_TEMPLATES = new Set<FieldSpec["kind"]>(["text", "textarea", "json", "code", "key-value", "object", "object-list", "conditions"]);
const GROUPS = new Set<FieldSpec["kind"]>(["key-value", "object", "object-list", "color", "conditions"]);

/** One field: label, fixed value or expression, help, what is wrong, and the value with the data at hand. */
export function Field({ field, path, value, siblings, Fields }: FieldProps) {
  const t = useMessages(propertiesMessages);
  const form = useForm();
  const russian = useLocale().startsWith("ru");
  const id = useId();
  const [touched, setTouched] = useState(false);
  const actual = effectiveValue(field, value);
  const label = russian ? field.labelRu : field.label;
  const help = russian ? field.helpRu : field.help;
  const name = fieldPath(path);
  const issues = issuesAt(form.issues, path, childPaths(field, path, actual));
  const complaint = complain(field, value);
  // The form's own complaint would repeat what the server has said about the same field.
  const complaining = complaint !== null && issues.length === 0 && (touched || !isEmpty(actual));
  const templated = field.expression && !OWN_TEMPLATES.has(field.kind);
  // What is being typed as an expression stays one while its braces are missing.
  const [typed, setTyped] = useState<string | null>(null);
  const text = typeof actual === "string" ? actual : null;
  const asExpression = templated && text !== null && (isTemplate(text) || text === typed);
  const invalid = issues.some((issue) => issue.severity === "error") || complaining;
  const Widget = widgetFor(field);
  const lastFixed = useRef<Json | undefined>(undefined);
  const lastTemplate = useRef<string | null>(null);

  function set(next: Json | undefined): void {
    setTouched(true);
    form.setAt(path, next);
  }

  function type(next: string): void {
    setTyped(next);
    set(next);
  }

  function switchMode(mode: "fixed" | "expression"): void {
    if (mode === "expression") {
      lastFixed.current = value;
      set(lastTemplate.current ?? (isEmpty(actual) ? "{{  }}" : `{{ ${JSON.stringify(actual)} }}`));
    } else {
      lastTemplate.current = typeof actual === "string" ? actual : null;
      setTyped(null);
      set(lastFixed.current ?? field.defaultValue);
    }
  }

  function dropPath(event: React.DragEvent): void {
    const dropped = event.dataTransfer.getData(PATH_TYPE);
    if (!templated || asExpression || dropped === "") return;
    event.preventDefault();
    lastFixed.current = value;
    set(`{{ ${dropped} }}`);
  }

  const describedBy = [help ? `${id}-help` : "", invalid || issues.length > 0 ? `${id}-issues` : ""].filter(Boolean).join(" ") || undefined;
  return (
    <div
      className={styles.field}
      data-testid={`field-${name}`}
      data-field={name}
      data-kind={field.kind}
      data-invalid={invalid || undefined}
      onBlur={() => setTouched(true)}
      onDragOver={(event) => templated && !asExpression && event.dataTransfer.types.includes(PATH_TYPE) && event.preventDefault()}
      onDrop={dropPath}
    >
      <div className={styles.labelRow}>
        {GROUPS.has(field.kind) ? <span className={styles.label}>{label}</span> : <label className={styles.label} htmlFor={`${id}-input`}>{label}</label>}
        {field.required && (
          <span className={styles.required} title={t("required")} aria-label={t("required")}>
            *
          </span>
        )}
        <span className={styles.space} />
        {templated && !form.readOnly && (
          <Segmented
            label={t("valueMode", { label })}
            value={asExpression ? "expression" : "fixed"}
            options={[
              { value: "fixed", label: t("fixed") },
              { value: "expression", label: t("expression") },
            ]}
            onChange={switchMode}
          />
        )}
      </div>
      {asExpression ? (
        <ExpressionInput value={text} onChange={type} label={label} describedBy={describedBy} invalid={invalid} placeholder={t("expressionPlaceholder")} />
      ) : (
        <Widget field={field} path={path} value={value} onChange={set} label={label} inputId={`${id}-input`} describedBy={describedBy} invalid={invalid} siblings={siblings} Fields={Fields} />
      )}
      {!field.literal && !GROUPS.has(field.kind) && !isBound(field) && <ExpressionPreview template={actual} label={label} faulted={issues.length > 0} ownNames={field.ownNames} />}
      {(issues.length > 0 || complaining) && (
        <div id={`${id}-issues`}>
          <RowIssues issues={complaining && complaint ? [{ code: "form", message: t(complaintKey(complaint.key), complaint.values), severity: "error" }] : issues} />
        </div>
      )}
      {help && (
        <p id={`${id}-help`} className={styles.help}>
          {help}
        </p>
      )}
    </div>
  );
}

/** SQL never holds the values of its expressions, so it is not shown with them. */
function isBound(field: FieldSpec): boolean {
  return field.kind === "code" && field.language === "sql";
}

function isEmpty(value: Json | undefined): boolean {
  return value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);
}

type MessageKeys = Parameters<ReturnType<typeof useMessages<(typeof propertiesMessages)["en"]>>>[0];

function complaintKey(key: string): MessageKeys {
  return key as MessageKeys;
}

/** Paths below a field that show their issues themselves. */
function childPaths(field: FieldSpec, path: Path, value: Json | undefined): Path[] {
  if (field.kind === "conditions") return placesIn(value, path);
  if (field.kind === "object") return field.fields.map((one) => [...path, one.name]);
  if ((field.kind === "key-value" || field.kind === "object-list") && Array.isArray(value)) return value.map((_row, index) => [...path, index]);
  return [];
}
