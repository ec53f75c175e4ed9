import { Plus, Trash2 } from "lucide-react";
import { useContext, useState, type ClipboardEvent } from "react";
import { useLocale, useMessages } from "../../i18n/useMessages";
import { isObject, type Json, type JsonObject } from "../../schema/jsonSchema";
import type { Path } from "../../schema/paths";
import type { FieldSpec, KeyValueField, SuggestionsField } from "../fieldSpec";
import { complain, effectiveValue, emptyValue } from "../fieldState";
import { AroundContext, useForm } from "../formContext";
import { issuesUnder } from "../issueIndex";
import { parsePairs } from "../keyValueText";
import { propertiesMessages } from "../messages";
import { useSuggestions } from "../queries";
import { fillRoute } from "../suggestions";
import { ExpressionInput } from "./ExpressionInput";
import { ExpressionPreview } from "./ExpressionPreview";
import { InlineValue } from "./InlineValue";
import { RowGrip } from "./RowGrip";
import { RowIssues } from "./RowIssues";
import { SuggestInput } from "./SuggestInput";
import type { WidgetProps } from "./types";
import styles from "./widgets.module.css";

/** Rows of name and value, in an order that people choose; many lines can be pasted at once. */
export function KeyValueWidget({ field, path, value, onChange, label, describedBy }: WidgetProps<KeyValueField>) {
  const t = useMessages(propertiesMessages);
  const form = useForm();
  const [pasted, setPasted] = useState(0);
  const actual = effectiveValue(field, value);
  const rows = Array.isArray(actual) ? actual : [];

  function setRow(index: number, row: Json): void {
    onChange(rows.map((one, place) => (place === index ? row : one)));
  }

  function add(): void {
    const empty = emptyValue(field.item) as JsonObject;
    onChange([...rows, { ...empty, name: "", value: startValue(field.valueField) }]);
  }

  function move(from: number, to: number): void {
    if (to < 0 || to >= rows.length || to === from) return;
    const next = [...rows];
    const [row] = next.splice(from, 1);
    next.splice(to, 0, row ?? null);
    onChange(next);
  }

  function paste(index: number, event: ClipboardEvent): void {
    const pairs = parsePairs(event.clipboardData.getData("text"));
    if (!pairs) return;
    event.preventDefault();
    event.stopPropagation();
    const empty = emptyValue(field.item) as JsonObject;
    const added = pairs.map((pair) => ({ ...empty, ...pair }));
    const isBlank = isBlankRow(rows[index]);
    onChange([...rows.slice(0, isBlank ? index : index + 1), ...added, ...rows.slice(index + 1)]);
    setPasted(pairs.length);
  }

  return (
    <div role="group" aria-label={label} aria-describedby={describedBy} className={styles.rows}>
      {rows.map((row, index) => (
        <Row
          key={index}
          row={isObject(row) ? row : { name: "", value: row }}
          index={index}
          last={rows.length - 1}
          path={[...path, index]}
          field={field}
          onChange={(next) => setRow(index, next)}
          onRemove={() => onChange(rows.filter((_one, place) => place !== index))}
          onMove={move}
          onPaste={(event) => paste(index, event)}
        />
      ))}
      {!form.readOnly && (
        <div className={styles.addBar}>
          <button type="button" className={styles.add} onClick={add} data-testid={`add-${path.join(".")}`} title={t("pasteHint")}>
            <Plus size={14} aria-hidden /> {t("addRow")}
          </button>
          <span role="status" className={styles.hint}>
            {pasted > 0 ? t("pasted", { count: pasted }) : rows.length === 1 ? t("pasteHint") : ""}
          </span>
        </div>
      )}
    </div>
  );
}

interface RowProps {
  row: JsonObject;
  index: number;
  last: number;
  path: Path;
  field: KeyValueField;
  onChange: (row: JsonObject) => void;
  onRemove: () => void;
  onMove: (from: number, to: number) => void;
  onPaste: (event: ClipboardEvent) => void;
}

function Row({ row, index, last, path, field, onChange, onRemove, onMove, onPaste }: RowProps) {
  const t = useMessages(propertiesMessages);
  const form = useForm();
  const russian = useLocale().startsWith("ru");
  const nameLabel = `${russian ? field.nameField.labelRu : field.nameField.label} ${index + 1}`;
  const valueLabel = `${russian ? field.valueField.labelRu : field.valueField.label} ${index + 1}`;
  const issues = issuesUnder(form.issues, path);
  const name = typeof row["name"] === "string" ? row["name"] : JSON.stringify(row["name"] ?? "");
  const errors = issues.filter((issue) => issue.severity === "error");
  const nameWrong = issuesUnder(errors, [...path, "name"]).length > 0 || (name !== "" && complain(field.nameField, name) !== null);
  const value = row["value"];
  const valueWrong = issuesUnder(errors, [...path, "value"]).length > 0;
  const setValue = (next: Json) => onChange({ ...row, value: next });
  return (
    <div className={styles.row} data-testid={`row-${path.join(".")}`} data-field={path.join(".")}>
      {last > 0 && !form.readOnly && <RowGrip index={index} last={last} list={path.slice(0, -1).join(".")} label={nameLabel} onMove={onMove} />}
      <div className={styles.pair}>
        <div className={styles.pairName} onPasteCapture={onPaste} data-invalid={nameWrong || undefined} data-testid={`field-${path.join(".")}.name`}>
          {field.nameField.kind === "suggestions" ? (
            <OfferedName field={field.nameField} value={name} onChange={(next) => onChange({ ...row, name: next })} label={nameLabel} invalid={nameWrong} />
          ) : field.nameField.expression ? (
            <ExpressionInput value={name} onChange={(next) => onChange({ ...row, name: next })} label={nameLabel} invalid={nameWrong} placeholder={field.nameField.placeholder || t("name")} />
          ) : (
            <input
              className={styles.bare}
              value={name}
              readOnly={form.readOnly}
              aria-label={nameLabel}
              aria-invalid={nameWrong || undefined}
              placeholder={field.nameField.placeholder || t("name")}
              spellCheck={false}
              onChange={(event) => onChange({ ...row, name: event.target.value })}
            />
          )}
        </div>
        <div className={styles.pairValue} data-testid={`field-${path.join(".")}.value`}>
          {field.valueField.kind === "json" ? (
            <InlineValue value={value} path={[...path, "value"]} onChange={setValue} label={valueLabel} invalid={valueWrong} placeholder={field.valueField.placeholder || t("value")} />
          ) : (
            <div className={styles.inline} data-invalid={valueWrong || undefined}>
              <div className={styles.inlineBody}>
                <ExpressionInput
                  value={typeof value === "string" ? value : value === undefined || value === null ? "" : JSON.stringify(value)}
                  onChange={setValue}
                  label={valueLabel}
                  invalid={valueWrong}
                  placeholder={field.valueField.placeholder || t("value")}
                />
              </div>
            </div>
          )}
        </div>
      </div>
      {!form.readOnly && (
        <div className={styles.rowActions}>
          <button type="button" data-testid="row-remove" aria-label={t("removeRow", { row: index + 1 })} title={t("remove")} onClick={onRemove}>
            <Trash2 size={13} aria-hidden />
          </button>
        </div>
      )}
      <ExpressionPreview template={value} label={valueLabel} faulted={errors.length > 0} ownNames={field.valueField.ownNames} compact />
      <RowIssues issues={issues} />
    </div>
  );
}

interface OfferedNameProps {
  field: SuggestionsField;
  value: string;
  onChange: (value: string) => void;
  label: string;
  invalid: boolean;
}

/** A name that the server knows, such as a column. */
function OfferedName({ field, value, onChange, label, invalid }: OfferedNameProps) {
  const t = useMessages(propertiesMessages);
  const form = useForm();
  const query = useSuggestions(fillRoute(field.route, useContext(AroundContext)).url);
  return (
    <SuggestInput
      value={value}
      onChange={onChange}
      suggestions={query.data ?? []}
      label={label}
      invalid={invalid}
      readOnly={form.readOnly}
      placeholder={field.placeholder || t("name")}
      busy={query.isFetching}
    />
  );
}

function startValue(field: FieldSpec): Json {
  // A null that nobody typed would read as "no value"; rows start with text to type into.
  return field.kind === "json" || field.defaultValue === undefined || field.defaultValue === null ? "" : field.defaultValue;
}

function isBlankRow(row: Json | undefined): boolean {
  return isObject(row) && Object.values(row).every((value) => value === "" || value === null);
}

