import { useId } from "react";
import { useMessages } from "../i18n/useMessages";
import styles from "./approval.module.css";
import type { FormValue } from "./approvalForm";
import { runsMessages } from "./messages";
import type { Approval } from "./types";

export interface ApprovalFieldProps {
  field: Approval["fields"][number];
  value: FormValue;
  fault: "missing" | "number" | null;
  disabled: boolean;
  onChange: (value: FormValue) => void;
}

/** One field of a question's form. */
export function ApprovalField({ field, value, fault, disabled, onChange }: ApprovalFieldProps) {
  const t = useMessages(runsMessages);
  const id = useId();
  const shared = {
    id,
    disabled,
    className: styles.input,
    "aria-invalid": fault !== null || undefined,
    "aria-describedby": fault ? `${id}-fault` : undefined,
    "data-testid": `approval-field-${field.name}`,
  };
  if (field.type === "boolean") {
    return (
      <label className={styles.checkbox}>
        <input type="checkbox" id={id} disabled={disabled} checked={value === true} data-testid={shared["data-testid"]} onChange={(event) => onChange(event.target.checked)} />
        {field.label}
      </label>
    );
  }
  const text = value === null ? "" : String(value);
  const change = (event: { target: { value: string } }) => onChange(event.target.value);
  return (
    <div className={styles.field}>
      <label htmlFor={id}>
        {field.label}
        {field.required && (
          <span className={styles.required} title={t("approvalRequired")}>
            {" *"}
          </span>
        )}
      </label>
      {field.type === "select" ? (
        <select {...shared} value={text} onChange={change}>
          {(!field.required || text === "") && <option value="">{t("approvalNone")}</option>}
          {field.options.map((option) => (
            <option key={option} value={option}>
              {option}
            </option>
          ))}
        </select>
      ) : field.type === "long_text" ? (
        <textarea {...shared} rows={4} value={text} onChange={change} />
      ) : (
        <input {...shared} value={text} inputMode={field.type === "number" ? "decimal" : undefined} autoComplete="off" onChange={change} />
      )}
      {fault && (
        <p id={`${id}-fault`} className={styles.fault}>
          {t(fault === "missing" ? "approvalMissing" : "approvalNumber")}
        </p>
      )}
    </div>
  );
}
