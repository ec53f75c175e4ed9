/** Rename, unpublish and delete: one small dialog each. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { describeError } from "../api/client";
import type { WorkflowSummary } from "../api/types";
import { deleteWorkflow, patchWorkflow, unpublishWorkflow } from "../api/workflows";
import { Button } from "../components/Button";
import { Dialog } from "../components/Dialog";
import { Field, inputClass } from "../components/Field";
import { toast } from "../components/Toast";
import { useMessages } from "../i18n/useMessages";
import { listMessages } from "./messages";
import styles from "./WorkflowDialogs.module.css";

export interface WorkflowDialogProps {
  workflow: WorkflowSummary;
  onClose: () => void;
}

/** Run a change, then refresh the list, tell it, and close. */
function useChange<T>(change: () => Promise<T>, told: (result: T) => string, onClose: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: (result) => {
      toast({ tone: "success", title: told(result) });
      onClose();
      return client.invalidateQueries({ queryKey: ["workflows"] });
    },
  });
}

export function RenameDialog({ workflow, onClose }: WorkflowDialogProps) {
  const t = useMessages(listMessages);
  const [name, setName] = useState(workflow.name);
  const [touched, setTouched] = useState(false);
  const rename = useChange(
    () => patchWorkflow(workflow.id, workflow.version, { name: name.trim() }),
    (saved) => t("renamed", { name: saved.name }),
    onClose,
  );
  return (
    <Dialog
      title={t("renameTitle")}
      size="small"
      onClose={onClose}
      testId="rename-dialog"
      onSubmit={() => {
        setTouched(true);
        if (name.trim() === workflow.name) onClose();
        else if (name.trim() && !rename.isPending) rename.mutate();
      }}
      footer={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" variant="primary" busy={rename.isPending} testId="rename-submit">
            {t("save")}
          </Button>
        </>
      }
    >
      <Field
        label={t("nameLabel")}
        help={t("renameHelp", { id: workflow.id })}
        error={touched && !name.trim() ? t("nameNeeded") : rename.isError ? describeError(rename.error) : null}
      >
        {({ id, describedBy, invalid }) => (
          <input
            id={id}
            className={inputClass}
            aria-describedby={describedBy}
            aria-invalid={invalid}
            data-autofocus
            data-testid="rename-name"
            maxLength={200}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
    </Dialog>
  );
}

export function UnpublishDialog({ workflow, onClose }: WorkflowDialogProps) {
  const t = useMessages(listMessages);
  const unpublish = useChange(
    () => unpublishWorkflow(workflow.id),
    () => t("unpublished", { name: workflow.name }),
    onClose,
  );
  return (
    <Confirm
      title={t("unpublishTitle", { name: workflow.name })}
      onClose={onClose}
      error={unpublish.error}
      testId="unpublish-dialog"
      action={
        <Button variant="danger" busy={unpublish.isPending} testId="unpublish-confirm" onClick={() => unpublish.mutate()}>
          {t("unpublishSubmit")}
        </Button>
      }
    >
      <p>{t("unpublishText")}</p>
    </Confirm>
  );
}

export function DeleteDialog({ workflow, onClose }: WorkflowDialogProps) {
  const t = useMessages(listMessages);
  const live = workflow.state !== "draft";
  const [force, setForce] = useState(false);
  const remove = useChange(
    () => deleteWorkflow(workflow.id, live && force),
    () => t("deleted", { name: workflow.name }),
    onClose,
  );
  return (
    <Confirm
      title={t("deleteTitle", { name: workflow.name })}
      onClose={onClose}
      error={remove.error}
      testId="delete-dialog"
      action={
        <Button
          variant="danger"
          busy={remove.isPending}
          disabled={live && !force}
          testId="delete-confirm"
          onClick={() => remove.mutate()}
        >
          {t("deleteSubmit")}
        </Button>
      }
    >
      <p>{t("deleteText")}</p>
      {live && (
        <>
          <p className={styles.warning}>{t("deletePublished")}</p>
          <label className={styles.check}>
            <input type="checkbox" data-testid="delete-force" checked={force} onChange={(event) => setForce(event.target.checked)} />
            {t("deleteForce")}
          </label>
        </>
      )}
    </Confirm>
  );
}

interface ConfirmProps {
  title: string;
  onClose: () => void;
  error: Error | null;
  action: ReactNode;
  testId: string;
  children: ReactNode;
}

function Confirm({ title, onClose, error, action, testId, children }: ConfirmProps) {
  const t = useMessages(listMessages);
  return (
    <Dialog
      title={title}
      size="small"
      onClose={onClose}
      testId={testId}
      footer={
        <>
          <Button onClick={onClose} data-autofocus>
            {t("cancel")}
          </Button>
          {action}
        </>
      }
    >
      {children}
      {error && (
        <p className={styles.error} role="alert">
          {describeError(error)}
        </p>
      )}
    </Dialog>
  );
}
