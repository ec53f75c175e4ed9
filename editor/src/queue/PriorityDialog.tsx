import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { QUEUE_KEY, setPriority, type QueueItem } from "../api/queue";
import { Field, inputClass } from "../components/Field";
import { FormDialog } from "../components/FormDialog";
import { toast } from "../components/Toast";
import { useMessages } from "../i18n/useMessages";
import { queueMessages } from "./messages";
import { HIGHEST, LOWEST, readPriority } from "./priority";

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
    <FormDialog
      title={t("priorityTitle")}
      description={t("priorityText")}
      size="small"
      onClose={onClose}
      onSubmit={() => {
        if (value !== null) save.mutate(value);
      }}
      name="priority"
      cancel={t("cancel")}
      submit={t("save")}
      action={save}
    >
      <Field label={t("priority")} error={value === null ? t("priorityInvalid", { from: LOWEST, to: HIGHEST }) : null}>
        {({ id, describedBy, invalid }) => (
          <input id={id} data-autofocus className={inputClass} inputMode="numeric" aria-describedby={describedBy} aria-invalid={invalid} data-testid="priority-value" value={text} onChange={(event) => setText(event.target.value)} />
        )}
      </Field>
    </FormDialog>
  );
}
