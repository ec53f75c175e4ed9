import type { ReactNode } from "react";
import styles from "./EmptyState.module.css";

export interface EmptyStateProps {
  icon?: ReactNode;
  title: string;
  text?: string;
  actions?: ReactNode;
  /** For failures: read out at once. */
  alert?: boolean;
  testId?: string;
}

export function EmptyState({ icon, title, text, actions, alert, testId }: EmptyStateProps) {
  return (
    <div className={styles.empty} role={alert ? "alert" : undefined} data-testid={testId}>
      {icon && (
        <span className={styles.icon} aria-hidden>
          {icon}
        </span>
      )}
      <h2 className={styles.title}>{title}</h2>
      {text && <p className={styles.text}>{text}</p>}
      {actions && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}
