import type { ReactNode } from "react";
import styles from "./Badge.module.css";
import { classes } from "./classes";

export type Tone = "neutral" | "accent" | "success" | "warning" | "danger" | "running";

export interface BadgeProps {
  tone?: Tone;
  icon?: ReactNode;
  /** A dot in the tone's colour before the text. */
  dot?: boolean;
  title?: string;
  testId?: string;
  children: ReactNode;
}

export function Badge({ tone = "neutral", icon, dot, title, testId, children }: BadgeProps) {
  return (
    <span className={classes(styles.badge, styles[tone])} title={title} data-testid={testId} data-tone={tone}>
      {dot && <span className={styles.dot} aria-hidden />}
      {icon}
      {children}
    </span>
  );
}
