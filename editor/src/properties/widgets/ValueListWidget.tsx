import { X } from "lucide-react";
import { useContext, useRef, useState, type ClipboardEvent, type KeyboardEvent } from "react";
import { useLocale, useMessages } from "../../i18n/useMessages";
import type { Json } from "../../schema/jsonSchema";
import type { FieldSpec, Option, SuggestionsField, ValueListField } from "../fieldSpec";
import { complain, effectiveValue, readNumber } from "../fieldState";
import { AroundContext, useForm } from "../formContext";
import { issuesUnder } from "../issueIndex";
import { propertiesMessages } from "../messages";
import { useSuggestions } from "../queries";
import { fillRoute } from "../suggestions";
import { SuggestInput } from "./SuggestInput";
import type { WidgetProps } from "./types";
import styles from "./widgets.module.css";

// More options than this are found faster by typing.
const MAX_BOXES = 12;

/** A list of plain values: boxes to tick for a few options, chips for everything else. */
export function ValueListWidget(props: Omit<WidgetProps<ValueListField>, "Fields">) {
  const { item } = props.field;
  return item.kind === "select" && item.options.length <= MAX_BOXES ? <Boxes {...props} options={item.options} /> : <Chips {...props} />;
}

function Boxes({ field, value, onChange, inputId, describedBy, label, options }: Omit<WidgetProps<ValueListField>, "Fields"> & { options: readonly Option[] }) {
  const t = useMessages(propertiesMessages);
  const form = useForm();
  const russian = useLocale().startsWith("ru");
  const actual = effectiveValue(field, value);
  const values = Array.isArray(actual) ? actual : [];
  // Values of another version of the node type stay visible until they are taken out.
  const unknown = values.filter((one) => !options.some((option) => option.value === one)).map((one) => ({ value: one, label: t("notAllowed", { value: String(one) }), labelRu: t("notAllowed", { value: String(one) }) }));
  const toggle = (one: Json, on: boolean) => onChange(on ? [...options.map((option) => option.value), ...values].filter((other, place, all) => all.indexOf(other) === place && (other === one || values.includes(other))) : values.filter((other) => other !== one));
  return (
    <div id={inputId} role="group" aria-label={label} aria-describedby={describedBy} className={styles.boxes}>
      {[...options, ...unknown].map((option) => (
        <label key={String(option.value)} className={styles.check}>
          <input type="checkbox" value={String(option.value)} checked={values.includes(option.value)} disabled={form.readOnly} onChange={(event) => toggle(option.value, event.target.checked)} />
          {russian ? option.labelRu : option.label}
        </label>
      ))}
    </div>
  );
}

/** Values as chips; options are offered as they are typed. */
function Chips({ field, path, value, onChange, inputId, describedBy, invalid, label }: Omit<WidgetProps<ValueListField>, "Fields">) {
  const t = useMessages(propertiesMessages);
  const form = useForm();
  const [text, setText] = useState("");
  const input = useRef<HTMLInputElement>(null);
  const actual = effectiveValue(field, value);
  const values = Array.isArray(actual) ? actual : [];
  const options = field.item.kind === "select" ? field.item.options.map((option) => String(option.value)) : [];

  function add(parts: string[]): void {
    const added = parts.map((part) => part.trim()).filter((part) => part !== "");
    if (added.length > 0) onChange([...values, ...added.map((part) => readItem(field.item, part))]);
    setText("");
  }

  function onKeyDown(event: KeyboardEvent<HTMLInputElement>): void {
    if (event.key === "Enter" || event.key === ",") {
      event.preventDefault();
      add([text]);
    } else if (event.key === "Backspace" && text === "" && values.length > 0) {
      onChange(values.slice(0, -1));
    }
  }

  function onPaste(event: ClipboardEvent): void {
    const pasted = event.clipboardData.getData("text");
    if (!/[,;\n]/.test(pasted)) return;
    event.preventDefault();
    add((text + pasted).split(/[,;\n]/));
  }

  return (
    <div className={styles.chips} data-invalid={invalid || undefined} onClick={() => input.current?.focus()}>
      {values.map((one, index) => {
        const wrong = complain(field.item, one) !== null || issuesUnder(form.issues, [...path, index]).length > 0;
        const shown = typeof one === "string" ? one : JSON.stringify(one);
        return (
          <span key={`${index}:${shown}`} className={styles.chip} data-invalid={wrong || undefined}>
            {shown}
            {!form.readOnly && (
              <button type="button" data-testid="chip-remove" aria-label={t("removeValue", { value: shown })} onClick={() => onChange(values.filter((_one, place) => place !== index))}>
                <X size={12} aria-hidden />
              </button>
            )}
          </span>
        );
      })}
      {field.item.kind === "suggestions" ? (
        <OfferedEntry field={field.item} values={values} text={text} setText={setText} add={add} label={label} inputId={inputId} describedBy={describedBy} />
      ) : (
      <input
        ref={input}
        id={inputId}
        value={text}
        readOnly={form.readOnly}
        aria-label={label}
        aria-describedby={describedBy}
        aria-invalid={invalid || undefined}
        placeholder={values.length === 0 ? field.item.placeholder || t("valueListHint") : ""}
        title={t("valueListHint")}
        list={options.length > 0 ? `${inputId}-options` : undefined}
        autoComplete="off"
        onChange={(event) => (options.includes(event.target.value) ? add([event.target.value]) : setText(event.target.value))}
        onKeyDown={onKeyDown}
        onPaste={onPaste}
        onBlur={() => add([text])}
      />
      )}
      {options.length > 0 && (
        <datalist id={`${inputId}-options`}>
          {options.map((option) => (
            <option key={option} value={option} />
          ))}
        </datalist>
      )}
    </div>
  );
}

interface OfferedEntryProps {
  field: SuggestionsField;
  values: readonly Json[];
  text: string;
  setText: (text: string) => void;
  add: (parts: string[]) => void;
  label: string;
  inputId: string;
  describedBy: string | undefined;
}

/** The entry of a list whose values the server knows, such as the columns of a table. */
function OfferedEntry({ field, values, text, setText, add, label, inputId, describedBy }: OfferedEntryProps) {
  const t = useMessages(propertiesMessages);
  const form = useForm();
  const query = useSuggestions(fillRoute(field.route, useContext(AroundContext)).url);
  if (form.readOnly) return null;
  return (
    <SuggestInput
      value={text}
      onChange={setText}
      onCommit={(value) => add([value])}
      suggestions={(query.data ?? []).filter((one) => !values.includes(one.value))}
      label={label}
      inputId={inputId}
      describedBy={describedBy}
      placeholder={values.length === 0 ? t("valueListHint") : ""}
      busy={query.isFetching}
    />
  );
}

function readItem(item: FieldSpec, text: string): Json {
  if (item.kind === "number") return readNumber(text, false) ?? text;
  if (item.kind === "select") return item.options.find((option) => String(option.value) === text)?.value ?? text;
  // Several types: a number when the schema allows one and the text is one.
  if (item.kind === "json" && !item.types.includes("string")) return readNumber(text, false) ?? text;
  return text;
}
