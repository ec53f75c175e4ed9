import { useId } from "react";
import { useMessages } from "../../i18n/useMessages";
import styles from "./payload.module.css";
import { payloadMessages } from "./payloadMessages";
import { fileValue, isObject, type PayloadInput, type Typed } from "./payloadValues";

export interface PayloadFieldInputProps {
  input: PayloadInput;
  typed: Typed;
  fault: string | null;
  required: string;
  onChange: (value: Typed) => void;
}

const HTML_TYPES: Partial<Record<PayloadInput["type"], string>> = { date: "date", datetime: "datetime-local", email: "email", url: "url" };

/** One field of the form, with its label, hint and fault. */
export function PayloadFieldInput({ input, typed, fault, required, onChange }: PayloadFieldInputProps) {
  const id = useId();
  const isGroup = input.type === "multi_select";
  const mark = input.required && !input.may_be_empty && input.type !== "boolean" && (
    <span className={styles.required} title={required}>
      {" *"}
    </span>
  );
  const notes = [input.help && `${id}-help`, fault && `${id}-fault`].filter(Boolean).join(" ") || undefined;
  const control = <Control id={id} input={input} typed={typed} invalid={fault !== null} describedBy={notes} onChange={onChange} />;
  return (
    <div className={styles.field} role={isGroup ? "group" : undefined} aria-labelledby={isGroup ? `${id}-label` : undefined} data-testid={`payload-field-${input.name}`}>
      {input.type === "boolean" ? (
        <label className={styles.option}>
          {control} <span>{input.label}</span>
        </label>
      ) : (
        <>
          <label id={`${id}-label`} htmlFor={isGroup ? undefined : id} className={styles.label}>
            {input.label}
            {mark}
          </label>
          {control}
        </>
      )}
      {input.help && (
        <p id={`${id}-help`} className={styles.help}>
          {input.help}
        </p>
      )}
      {fault && (
        <p id={`${id}-fault`} className={styles.fault}>
          {fault}
        </p>
      )}
    </div>
  );
}

interface ControlProps extends Omit<PayloadFieldInputProps, "fault" | "required"> {
  id: string;
  invalid: boolean;
  describedBy: string | undefined;
}

function Control({ id, input, typed, invalid, describedBy, onChange }: ControlProps) {
  const t = useMessages(payloadMessages);
  const shared = { id, "aria-invalid": invalid || undefined, "aria-describedby": describedBy };
  const text = typeof typed === "string" ? typed : "";
  const change = (event: { target: { value: string } }) => onChange(event.target.value);
  switch (input.type) {
    case "boolean":
      return <input {...shared} type="checkbox" checked={typed === true} onChange={(event) => onChange(event.target.checked)} />;
    case "multi_select":
      return <Choices input={input} typed={typed} onChange={onChange} />;
    case "select":
      return (
        <select {...shared} className={styles.input} value={text} onChange={change}>
          <option value="">{t("choose")}</option>
          {input.choices.map((choice, index) => (
            <option key={index} value={String(index)}>
              {choice.label}
            </option>
          ))}
        </select>
      );
    case "file":
    case "files":
      return <Files {...shared} multiple={input.type === "files"} typed={typed} onChange={onChange} />;
    case "long_text":
    case "json":
      return <textarea {...shared} className={input.type === "json" ? `${styles.input} ${styles.code}` : styles.input} rows={4} value={text} spellCheck={input.type !== "json"} onChange={change} />;
    default:
      return <input {...shared} className={styles.input} type={HTML_TYPES[input.type] ?? "text"} step={input.type === "datetime" ? 1 : undefined} inputMode={input.type === "number" || input.type === "integer" ? "decimal" : undefined} autoComplete="off" value={text} onChange={change} />;
  }
}

function Choices({ input, typed, onChange }: Pick<ControlProps, "input" | "typed" | "onChange">) {
  const chosen: unknown[] = Array.isArray(typed) ? typed : [];
  const toggle = (value: unknown, on: boolean) => onChange(input.choices.map((choice) => choice.value).filter((one) => (one === value ? on : chosen.includes(one))));
  return (
    <div className={styles.options}>
      {input.choices.map((choice, index) => (
        <label key={index} className={styles.option}>
          <input type="checkbox" checked={chosen.includes(choice.value)} onChange={(event) => toggle(choice.value, event.target.checked)} /> <span>{choice.label}</span>
        </label>
      ))}
    </div>
  );
}

function Files({ typed, multiple, onChange, ...shared }: { id: string; multiple: boolean; typed: Typed; onChange: (value: Typed) => void }) {
  const t = useMessages(payloadMessages);
  const names = (Array.isArray(typed) ? typed : []).map((file) => (isObject(file) ? String(file["filename"]) : "?"));
  const take = (list: FileList | null) => void Promise.all(Array.from(list ?? []).map(fileValue)).then(onChange);
  return (
    <>
      <input {...shared} type="file" multiple={multiple} onChange={(event) => take(event.target.files)} />
      {names.length > 0 && <p className={styles.help}>{t("chosen", { names: names.join(", ") })}</p>}
    </>
  );
}
