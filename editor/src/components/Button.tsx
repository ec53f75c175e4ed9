import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";
import styles from "./Button.module.css";
import { classes } from "./classes";
import { Spinner } from "./Spinner";
import { Tooltip } from "./Tooltip";

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  variant?: "primary" | "secondary" | "ghost" | "danger" | "success";
  size?: "small" | "medium";
  icon?: ReactNode;
  /** Shows a spinner and refuses clicks. */
  busy?: boolean;
  /** Why it cannot be used now: disables it and is told on hover, focus and to screen readers. */
  disabledReason?: string | null | undefined;
  testId?: string;
  ref?: Ref<HTMLButtonElement>;
}

export function Button({ variant = "secondary", size = "medium", icon, busy = false, disabledReason, testId, className, children, onClick, disabled, ...rest }: ButtonProps) {
  const off = Boolean(disabledReason);
  const button = (
    <button
      type="button"
      {...rest}
      className={classes(styles.button, styles[variant], styles[size], className)}
      // A reason must stay reachable by keyboard, which a disabled button is not.
      aria-disabled={off || busy || undefined}
      disabled={disabled}
      data-testid={testId}
      onClick={(event) => {
        if (off || busy) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {busy ? <Spinner size={14} /> : icon}
      {children !== undefined && <span className={styles.label}>{children}</span>}
    </button>
  );
  return disabledReason ? <Tooltip text={disabledReason}>{button}</Tooltip> : button;
}
