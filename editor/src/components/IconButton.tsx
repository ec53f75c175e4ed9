import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";
import { classes } from "./classes";
import styles from "./IconButton.module.css";
import { Tooltip } from "./Tooltip";

export interface IconButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "aria-label"> {
  label: string;
  /** Defaults to the label; an empty text shows none. */
  tooltip?: string;
  /** Key that does the same, shown in the tooltip. */
  shortcut?: string;
  size?: "small" | "medium";
  active?: boolean;
  disabledReason?: string | null | undefined;
  testId?: string;
  children: ReactNode;
  ref?: Ref<HTMLButtonElement>;
}

export function IconButton({ label, tooltip, shortcut, size = "medium", active, disabledReason, testId, className, children, onClick, ...rest }: IconButtonProps) {
  const off = Boolean(disabledReason);
  const text = disabledReason ?? tooltip ?? label;
  const button = (
    <button
      type="button"
      {...rest}
      className={classes(styles.button, size === "small" && styles.small, active && styles.active, className)}
      aria-label={label}
      aria-pressed={active}
      aria-disabled={off || undefined}
      data-testid={testId}
      onClick={(event) => {
        if (off) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {children}
    </button>
  );
  return text ? (
    <Tooltip text={text} shortcut={off ? undefined : shortcut}>
      {button}
    </Tooltip>
  ) : (
    button
  );
}
