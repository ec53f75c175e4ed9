import { useMutation, useQueryClient } from "@tanstack/react-query";
import { CheckCheck } from "lucide-react";
import { useState } from "react";
import { describeError } from "../api/client";
import { handleExecution } from "../api/executions";
import { Button } from "../components/Button";
import { Dialog } from "../components/Dialog";
import { Field, inputClass } from "../components/Field";
import { bulkMessages } from "../executions/bulkMessages";
import { useMessages } from "../i18n/useMessages";
import styles from "./execution.module.css";

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
    <Dialog
      title={t("handleTitle", { count: 1 })}
      description={t("handleText")}
      size="small"
      onClose={onClose}
      onSubmit={() => !mark.isPending && mark.mutate()}
      testId="handle-dialog"
      footer={
        <>
          <Button onClick={onClose}>{t("back")}</Button>
          <Button type="submit" variant="primary" icon={<CheckCheck />} busy={mark.isPending} testId="handle-submit">
            {t("handleSubmit")}
          </Button>
        </>
      }
    >
      <Field label={t("comment")} help={t("commentHelp")}>
        {({ id, describedBy }) => (
          <textarea id={id} aria-describedby={describedBy} className={inputClass} rows={4} maxLength={4000} data-autofocus data-testid="handle-comment" value={comment} onChange={(event) => setComment(event.target.value)} />
        )}
      </Field>
      {mark.isError && (
        <p className={styles.fault} role="alert">
          {describeError(mark.error)}
        </p>
      )}
    </Dialog>
  );
}
