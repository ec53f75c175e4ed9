import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { describeError } from "../api/client";
import { QUEUE_KEY, setPriority, type QueueItem } from "../api/queue";
import { Button } from "../components/Button";
import { Dialog } from "../components/Dialog";
import { Field, inputClass } from "../components/Field";
import list from "../components/list.module.css";
import { toast } from "../components/Toast";
import { useMessages } from "../i18n/useMessages";
import { queueMessages } from "./messages";
import { HIGHEST, LOWEST, readPriority } from "./priority";
import styles from "./queue.module.css";

/** Lets an execution go before others, or after them. */
export function PriorityDialog({ item, onClose }: { item: QueueItem; onClose: () => void }) {
  const t = useMessages(queueMessages);
  const client = useQueryClient();
  const [text, setText] = useState(String(item.priority));
  const value = readPriority(text);
  const save = useMutation({
    mutationFn: (priority: number) => setPriority(item.execution_id, priority),
    onSuccess: () => {
      toast({ tone: "success", title: t("prioritySet") });
      onClose();
    },
    onSettled: () => client.invalidateQueries({ queryKey: QUEUE_KEY }),
  });
  return (
    <Dialog
      title={t("priorityTitle")}
      description={t("priorityText")}
      size="small"
      onClose={onClose}
      onSubmit={() => {
        if (value !== null && !save.isPending) save.mutate(value);
      }}
      testId="priority-dialog"
      footer={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" variant="primary" busy={save.isPending} testId="priority-submit">
            {t("save")}
          </Button>
        </>
      }
    >
      <div className={styles.form}>
        <Field label={t("priority")} error={value === null ? t("priorityInvalid", { from: LOWEST, to: HIGHEST }) : null}>
          {({ id, describedBy, invalid }) => (
            <input id={id} data-autofocus className={inputClass} inputMode="numeric" aria-describedby={describedBy} aria-invalid={invalid} data-testid="priority-value" value={text} onChange={(event) => setText(event.target.value)} />
          )}
        </Field>
        {save.isError && (
          <p className={list.errorBox} role="alert">
            {describeError(save.error)}
          </p>
        )}
      </div>
    </Dialog>
  );
}
