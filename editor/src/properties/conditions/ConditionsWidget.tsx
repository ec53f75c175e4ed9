import { useId } from "react";
import { useMessages } from "../../i18n/useMessages";
import { isObject, type JsonObject } from "../../schema/jsonSchema";
import { fieldPath } from "../../schema/paths";
import type { ConditionsField } from "../fieldSpec";
import { effectiveValue } from "../fieldState";
import { useForm } from "../formContext";
import { issuesUnder } from "../issueIndex";
import { ExpressionInput } from "../widgets/ExpressionInput";
import { ExpressionPreview } from "../widgets/ExpressionPreview";
import { RowIssues } from "../widgets/RowIssues";
import { Segmented } from "../widgets/Segmented";
import type { WidgetProps } from "../widgets/types";
import { ConditionGroup } from "./ConditionGroup";
import styles from "./conditions.module.css";
import { conditionMessages } from "./messages";
import { listOf, newCondition, without } from "./model";

/** Conditions built row by row and in groups, or one expression. */
export function ConditionsWidget({ field, path, value, onChange, label, describedBy }: WidgetProps<ConditionsField>) {
  const t = useMessages(conditionMessages);
  const form = useForm();
  const id = useId();
  const actual = effectiveValue(field, value);
  const given: JsonObject = isObject(actual) ? actual : {};
  // A first row to type into; it becomes a part of the value with its first letter.
  const isBlank = listOf(given, "conditions").length + listOf(given, "groups").length === 0;
  const root = isBlank ? { ...given, conditions: [newCondition(field.byField)] } : given;
  const byExpression = field.withExpression && given["mode"] === "expression";
  const expression = typeof given["expression"] === "string" ? given["expression"] : "";
  const expressionPath = [...path, "expression"];
  const issues = issuesUnder(form.issues, expressionPath);
  return (
    <div role="group" aria-label={label} aria-describedby={describedBy} className={styles.conditions} data-testid={`conditions-${fieldPath(path)}`}>
      {field.withExpression && (
        <Segmented
          label={t("kind")}
          value={byExpression ? "expression" : "rules"}
          options={[
            { value: "rules", label: t("rules") },
            { value: "expression", label: t("expression") },
          ]}
          onChange={(mode) => !form.readOnly && onChange(mode === "rules" ? without(given, "mode") : { ...given, mode })}
        />
      )}
      {byExpression ? (
        <div data-field={fieldPath(expressionPath)}>
          <ExpressionInput value={expression} onChange={(next) => onChange({ ...given, expression: next })} label={`${t("expression")}: ${label}`} invalid={issues.length > 0} placeholder={t("expressionHint")} multiline />
          <ExpressionPreview template={expression} label={t("expression")} faulted={issues.length > 0} />
          <RowIssues issues={issues} />
        </div>
      ) : (
        <ConditionGroup catalog={field.catalog} byField={field.byField} group={root} path={path} depth={0} onChange={onChange} />
      )}
      <label className={styles.convert} htmlFor={`${id}-convert`} title={t("convertHelp")}>
        <input
          id={`${id}-convert`}
          type="checkbox"
          checked={given["convert"] === true}
          disabled={form.readOnly}
          onChange={(event) => onChange(event.target.checked ? { ...given, convert: true } : without(given, "convert"))}
        />
        {t("convert")}
      </label>
    </div>
  );
}
