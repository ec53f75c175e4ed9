import { X } from "lucide-react";
import { useEffect, useId, useRef, type ReactNode } from "react";
import { useMessages } from "../i18n/useMessages";
import { classes } from "./classes";
import styles from "./Dialog.module.css";
import { IconButton } from "./IconButton";
import { componentMessages } from "./messages";

export interface DialogProps {
  title: string;
  description?: string;
  /** Called by Escape, the cross and a click beside the box. */
  onClose: () => void;
  size?: "small" | "medium" | "large";
  footer?: ReactNode;
  /** Makes the whole box a form: Enter submits. */
  onSubmit?: () => void;
  testId?: string;
  children: ReactNode;
}

/**
 * A modal box on the browser's own <dialog>: it keeps the focus inside, gives it back at the end and makes the
 * rest inert, also inside a shadow root, where libraries that read document.activeElement fail.
 */
export function Dialog({ title, description, onClose, size = "medium", footer, onSubmit, testId, children }: DialogProps) {
  const t = useMessages(componentMessages);
  const id = useId();
  const element = useRef<HTMLDialogElement>(null);

  useEffect(() => {
    const dialog = element.current;
    if (!dialog) return;
    if (!dialog.open) dialog.showModal();
    const wanted = dialog.querySelector<HTMLElement>("[data-autofocus]");
    wanted?.focus();
    if (wanted instanceof HTMLInputElement) wanted.select();
    return () => {
      dialog.close();
    };
  }, []);

  const content = (
    <>
      <header className={styles.header}>
        <div className={styles.heading}>
          <h2 id={`${id}-title`} className={styles.title}>
            {title}
          </h2>
          {description && (
            <p id={`${id}-description`} className={styles.description}>
              {description}
            </p>
          )}
        </div>
        <IconButton label={t("close")} tooltip="" onClick={onClose} testId="dialog-close">
          <X />
        </IconButton>
      </header>
      <div className={styles.body}>{children}</div>
      {footer && <footer className={styles.footer}>{footer}</footer>}
    </>
  );
  return (
    <dialog
      ref={element}
      className={classes(styles.dialog, styles[size])}
      aria-labelledby={`${id}-title`}
      aria-describedby={description ? `${id}-description` : undefined}
      data-testid={testId}
      onCancel={(event) => {
        event.preventDefault();
        if (event.target === event.currentTarget) onClose();
      }}
      onPointerDown={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
      // Keys pressed in a dialog are not the canvas' shortcuts.
      onKeyDown={(event) => event.stopPropagation()}
    >
      {onSubmit ? (
        <form
          className={styles.box}
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            onSubmit();
          }}
        >
          {content}
        </form>
      ) : (
        <div className={styles.box}>{content}</div>
      )}
    </dialog>
  );
}
