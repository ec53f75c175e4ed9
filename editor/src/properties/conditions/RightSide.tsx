import { Braces, List } from "lucide-react";
import { useMessages } from "../../i18n/useMessages";
import type { Json } from "../../schema/jsonSchema";
import { fieldPath, type Path } from "../../schema/paths";
import type { ValueListField } from "../fieldSpec";
import { useForm } from "../formContext";
import { parseField } from "../parseSchema";
import { ExpressionInput } from "../widgets/ExpressionInput";
import { InlineValue } from "../widgets/InlineValue";
import { ValueListWidget } from "../widgets/ValueListWidget";
import widgets from "../widgets/widgets.module.css";
import styles from "./conditions.module.css";
import { conditionMessages } from "./messages";
import { rightKind, type Condition, type Operator } from "./model";

export interface RightSideProps {
  condition: Condition;
  operator: Operator | undefined;
  path: Path;
  label: string;
  inputId: string;
  invalid: boolean;
  onChange: (value: Json) => void;
}

/** What a value is compared with; nothing for operators that need none. */
export function RightSide({ condition, operator, path, label, inputId, invalid, onChange }: RightSideProps) {
  const t = useMessages(conditionMessages);
  const form = useForm();
  const { right, type } = condition;
  const shown = typeof right === "string" ? right : right === undefined || right === null ? "" : JSON.stringify(right);
  const kind = rightKind(operator, type);
  if (kind === "none") return null;
  const hint = operator?.right === "pattern" ? t("pattern") : type === "date" ? t("date") : "";
  const asTemplate = typeof right === "string" && (kind === "list" || right.includes("{{"));
  return (
    <div className={styles.right} data-field={fieldPath(path)} data-kind={kind}>
      {kind === "text" && <ExpressionInput value={shown} onChange={onChange} label={label} invalid={invalid} placeholder={hint} />}
      {kind === "boolean" && !asTemplate && (
        <select className={widgets.select} aria-label={label} value={shown === "false" ? "false" : "true"} disabled={form.readOnly} onChange={(event) => onChange(event.target.value)}>
          <option value="true">{t("yes")}</option>
          <option value="false">{t("no")}</option>
        </select>
      )}
      {kind === "boolean" && asTemplate && <ExpressionInput value={shown} onChange={onChange} label={label} invalid={invalid} />}
      {kind === "value" && <InlineValue value={right} path={path} onChange={onChange} label={label} invalid={invalid} />}
      {kind === "list" && (
        <div className={styles.list}>
          <div className={styles.listBody}>
            {asTemplate ? (
              <ExpressionInput value={shown} onChange={onChange} label={label} invalid={invalid} placeholder={t("valueHint")} />
            ) : (
              <ValueListWidget
                field={type === "number" ? NUMBERS : TEXTS}
                path={path}
                value={Array.isArray(right) ? right : []}
                onChange={(next) => onChange(next ?? [])}
                label={label}
                inputId={inputId}
                describedBy={undefined}
                invalid={invalid}
                siblings={{}}
              />
            )}
          </div>
          {!form.readOnly && (
            <button type="button" className={styles.case} aria-label={`${t(asTemplate ? "asList" : "asExpression")}: ${label}`} title={t(asTemplate ? "asList" : "asExpression")} onClick={() => onChange(asTemplate ? [] : "{{  }}")}>
              {asTemplate ? <List size={13} aria-hidden /> : <Braces size={13} aria-hidden />}
            </button>
          )}
        </div>
      )}
    </div>
  );
}

function listField(item: string): ValueListField {
  const schema = { type: "array", items: { type: item } };
  return parseField(schema, schema, { name: "right", required: false, index: 0 }) as ValueListField;
}

const TEXTS = listField("string");
const NUMBERS = listField("number");
