import { useId, type ReactNode } from "react";
import { classes } from "./classes";
import styles from "./Field.module.css";

export interface FieldProps {
  label: string;
  help?: string | undefined;
  error?: string | null | undefined;
  required?: boolean;
  /** Draws the control; ids tie it to label, help and error. */
  children: (ids: { id: string; describedBy: string | undefined; invalid: boolean }) => ReactNode;
}

export function Field({ label, help, error, required, children }: FieldProps) {
  const id = useId();
  const describedBy = [help ? `${id}-help` : "", error ? `${id}-error` : ""].filter(Boolean).join(" ") || undefined;
  return (
    <div className={styles.field}>
      <label className={styles.label} htmlFor={id}>
        {label}
        {required && (
          <span className={styles.required} aria-hidden>
            *
          </span>
        )}
      </label>
      {children({ id, describedBy, invalid: Boolean(error) })}
      {help && (
        <p id={`${id}-help`} className={styles.help}>
          {help}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} className={styles.error} role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

/** Class of plain inputs, text areas and selects, so that all look alike. */
export const inputClass = classes(styles.input);
