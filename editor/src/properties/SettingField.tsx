import { useId, type ReactNode } from "react";
import styles from "./properties.module.css";
import type { FormIssue } from "./issueIndex";
import { RowIssues } from "./widgets/RowIssues";

export interface SettingFieldProps {
  label: string;
  help?: string | undefined;
  /** Path as issues name it; also how the field is found to be focused. */
  name: string;
  issues?: readonly FormIssue[];
  fault?: string | null;
  children: (ids: { inputId: string; describedBy: string | undefined; invalid: boolean }) => ReactNode;
}

/** Label, control, what is wrong, and help: for settings that are no parameters. */
export function SettingField({ label, help, name, issues = [], fault = null, children }: SettingFieldProps) {
  const id = useId();
  const all = fault === null ? issues : [{ code: "form", message: fault, severity: "error" as const }];
  const describedBy = [help ? `${id}-help` : "", all.length > 0 ? `${id}-issues` : ""].filter(Boolean).join(" ") || undefined;
  return (
    <div className={styles.field} data-testid={`field-${name}`} data-field={name} data-invalid={all.length > 0 || undefined}>
      <div className={styles.labelRow}>
        <label className={styles.label} htmlFor={`${id}-input`}>
          {label}
        </label>
      </div>
      {children({ inputId: `${id}-input`, describedBy, invalid: all.some((issue) => issue.severity === "error") })}
      <RowIssues issues={all} id={`${id}-issues`} />
      {help && (
        <p id={`${id}-help`} className={styles.help}>
          {help}
        </p>
      )}
    </div>
  );
}
