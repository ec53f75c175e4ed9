import type { ReactNode } from "react";
import { describeError } from "../api/client";
import { Button } from "./Button";
import { Dialog, type DialogProps } from "./Dialog";
import styles from "./FormDialog.module.css";

export interface FormDialogProps extends Omit<DialogProps, "footer" | "onSubmit" | "testId" | "children"> {
  /** Of the box (`<name>-dialog`) and of its button (`<name>-submit`). */
  name: string;
  cancel: string;
  submit: string;
  icon?: ReactNode;
  tone?: "primary" | "danger";
  /** What is done in the end; while it is under way it is not begun again. */
  action: { isPending: boolean; error: Error | null };
  onSubmit: () => void;
  children?: ReactNode;
}

/** A form in a box, with what went wrong below the fields. */
export function FormDialog({ name, cancel, submit, icon, tone = "primary", action, onSubmit, onClose, children, ...dialog }: FormDialogProps) {
  return (
    <Dialog
      {...dialog}
      onClose={onClose}
      onSubmit={() => {
        if (!action.isPending) onSubmit();
      }}
      testId={`${name}-dialog`}
      footer={
        <>
          <Button onClick={onClose}>{cancel}</Button>
          <Button type="submit" variant={tone} icon={icon} busy={action.isPending} testId={`${name}-submit`}>
            {submit}
          </Button>
        </>
      }
    >
      <div className={styles.form}>
        {children}
        {action.error && (
          <p className={styles.fault} role="alert">
            {describeError(action.error)}
          </p>
        )}
      </div>
    </Dialog>
  );
}
