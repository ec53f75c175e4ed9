import type { ReactNode } from "react";
import styles from "./Choice.module.css";

/** Boxes or radio buttons under one name. */
export function Choices({ legend, children }: { legend: string; children: ReactNode }) {
  return (
    <fieldset className={styles.choices}>
      <legend>{legend}</legend>
      {children}
    </fieldset>
  );
}

/** A box or a radio button with its text, and help below it. */
export function Choice({ input, text, help }: { input: ReactNode; text: string; help?: string }) {
  return (
    <label className={styles.choice}>
      {input}
      {help === undefined ? (
        text
      ) : (
        <span>
          <strong>{text}</strong>
          <span className={styles.help}>{help}</span>
        </span>
      )}
    </label>
  );
}
