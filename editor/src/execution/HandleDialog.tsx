import { useMutation, useQueryClient } from "@tanstack/react-query";
import { CheckCheck } from "lucide-react";
import { useState } from "react";
import { handleExecution } from "../api/executions";
import { Field, inputClass } from "../components/Field";
import { FormDialog } from "../components/FormDialog";
import { bulkMessages } from "../executions/bulkMessages";
import { useMessages } from "../i18n/useMessages";

/** Says that somebody has looked after an execution, and what was done. */
export function HandleDialog({ executionId, onClose }: { executionId: string; onClose: () => void }) {
  const t = useMessages(bulkMessages);
  const client = useQueryClient();
  const [comment, setComment] = useState("");
  const mark = useMutation({
    mutationFn: () => handleExecution(executionId, comment.trim()),
    onSuccess: async () => {
      onClose();
      void client.invalidateQueries({ queryKey: ["executions"] });
      await client.invalidateQueries({ queryKey: ["execution", executionId] });
    },
  });
  return (
    <FormDialog
      title={t("handleTitle", { count: 1 })}
      description={t("handleText")}
      size="small"
      onClose={onClose}
      onSubmit={() => mark.mutate()}
      name="handle"
      cancel={t("back")}
      submit={t("handleSubmit")}
      icon={<CheckCheck />}
      action={mark}
    >
      <Field label={t("comment")} help={t("commentHelp")}>
        {({ id, describedBy }) => (
          <textarea id={id} aria-describedby={describedBy} className={inputClass} rows={4} maxLength={4000} data-autofocus data-testid="handle-comment" value={comment} onChange={(event) => setComment(event.target.value)} />
        )}
      </Field>
    </FormDialog>
  );
}
