import { Trash2 } from "lucide-react";
import { useId } from "react";
import { useLocale, useMessages } from "../../i18n/useMessages";
import { isObject, type Json, type JsonObject } from "../../schema/jsonSchema";
import { fieldPath, type Path } from "../../schema/paths";
import { useForm } from "../formContext";
import { issuesUnder } from "../issueIndex";
import { ExpressionInput } from "../widgets/ExpressionInput";
import { ExpressionPreview } from "../widgets/ExpressionPreview";
import { RowIssues } from "../widgets/RowIssues";
import widgets from "../widgets/widgets.module.css";
import styles from "./conditions.module.css";
import { conditionMessages } from "./messages";
import { chooseOperator, mayIgnoreCase, operatorsOf, readCondition, without, type Catalog } from "./model";
import { RightSide } from "./RightSide";

export interface ConditionRowProps {
  catalog: Catalog;
  byField: boolean;
  value: Json | undefined;
  path: Path;
  number: number;
  onChange: (value: JsonObject) => void;
  onRemove: () => void;
}

/** One condition: value, type, operator and what it is compared with. */
export function ConditionRow({ catalog, byField, value, path, number, onChange, onRemove }: ConditionRowProps) {
  const t = useMessages(conditionMessages);
  const form = useForm();
  const russian = useLocale().startsWith("ru");
  const id = useId();
  const row: JsonObject = isObject(value) ? value : {};
  const condition = readCondition(row);
  const operator = catalog.operators.find((one) => one.id === condition.operator);
  const issues = issuesUnder(form.issues, path);
  const wrong = (key: string) => issues.some((issue) => issue.field?.startsWith(fieldPath([...path, key])));
  const nameOf = (item: { label: string; labelRu: string }) => (russian ? item.labelRu : item.label);
  const leftText = typeof condition.left === "string" ? condition.left : JSON.stringify(condition.left);
  const name = t("condition", { number });
  return (
    <div className={styles.row} role="group" aria-label={name} data-testid={`condition-${fieldPath(path)}`} data-field={fieldPath(path)} data-invalid={issues.length > 0 || undefined}>
      <div className={styles.left} data-field={fieldPath([...path, byField ? "field" : "left"])}>
        {byField ? (
          <input
            className={widgets.input}
            value={condition.field}
            readOnly={form.readOnly}
            aria-label={`${t("field")}: ${name}`}
            aria-invalid={wrong("field") || undefined}
            placeholder={t("fieldHint")}
            onChange={(event) => onChange({ ...row, field: event.target.value })}
          />
        ) : (
          <ExpressionInput value={leftText} onChange={(left) => onChange({ ...row, left })} label={`${t("value")}: ${name}`} invalid={wrong("left")} placeholder={t("valueHint")} />
        )}
      </div>
      <select
        className={`${widgets.select} ${styles.type}`}
        aria-label={`${t("type")}: ${name}`}
        data-testid="condition-type"
        value={condition.type}
        disabled={form.readOnly}
        onChange={(event) => onChange(chooseOperator(row, catalog, { type: event.target.value }))}
      >
        {catalog.types.map((type) => (
          <option key={type.id} value={type.id}>
            {nameOf(type)}
          </option>
        ))}
      </select>
      <select
        className={`${widgets.select} ${styles.operator}`}
        aria-label={`${t("operator")}: ${name}`}
        data-testid="condition-operator"
        value={condition.operator}
        disabled={form.readOnly}
        aria-invalid={wrong("operator") || undefined}
        onChange={(event) => onChange(chooseOperator(row, catalog, { operator: event.target.value }))}
      >
        {operatorsOf(catalog, condition.type).map((one) => (
          <option key={one.id} value={one.id}>
            {nameOf(one)}
          </option>
        ))}
        {operator && !operator.types.includes(condition.type) && <option value={operator.id}>{nameOf(operator)}</option>}
      </select>
      <RightSide
        condition={condition}
        operator={operator}
        path={[...path, "right"]}
        label={`${t("right")}: ${name}`}
        inputId={`${id}-right`}
        invalid={wrong("right")}
        onChange={(right) => onChange({ ...row, right })}
      />
      <div className={styles.actions}>
        {mayIgnoreCase(condition.type, operator) && (
          <button
            type="button"
            className={styles.case}
            aria-pressed={condition.ignoreCase}
            aria-label={`${t("ignoreCase")}: ${name}`}
            title={t("ignoreCase")}
            disabled={form.readOnly}
            onClick={() => onChange(condition.ignoreCase ? without(row, "ignore_case") : { ...row, ignore_case: true })}
          >
            Aa
          </button>
        )}
        {!form.readOnly && (
          <button type="button" className={styles.remove} aria-label={t("removeCondition", { number })} title={t("removeCondition", { number })} data-testid="condition-remove" onClick={onRemove}>
            <Trash2 size={13} aria-hidden />
          </button>
        )}
      </div>
      <div className={styles.below}>
        {!byField && <ExpressionPreview template={leftText} label={`${t("value")}: ${name}`} faulted={issues.length > 0} compact />}
        <RowIssues issues={issues} />
      </div>
    </div>
  );
}
