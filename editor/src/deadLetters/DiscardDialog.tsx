import { useMutation, useQueryClient } from "@tanstack/react-query";
import { CircleCheck } from "lucide-react";
import { useState } from "react";
import { describeError } from "../api/client";
import { DEAD_LETTERS_KEY, discardGroup } from "../api/deadLetters";
import { Button } from "../components/Button";
import { Dialog } from "../components/Dialog";
import { Field, inputClass } from "../components/Field";
import list from "../components/list.module.css";
import { toast } from "../components/Toast";
import { useMessages } from "../i18n/useMessages";
import styles from "./deadLetters.module.css";
import { deadLetterMessages } from "./messages";
import type { DeadLetterDialogProps } from "./RedriveDialog";

/** Marks dead letters as dealt with, with a comment. */
export function DiscardDialog({ groupId, ids, count, onClose }: DeadLetterDialogProps) {
  const t = useMessages(deadLetterMessages);
  const client = useQueryClient();
  const [comment, setComment] = useState("");
  const discard = useMutation({
    mutationFn: () => discardGroup(groupId, { comment: comment.trim(), ...(ids && { ids }) }),
    onSuccess: (answer) => {
      toast({ tone: "success", title: t("discarded", { count: answer.settled }) });
      onClose();
    },
    onSettled: () => client.invalidateQueries({ queryKey: DEAD_LETTERS_KEY }),
  });
  return (
    <Dialog
      title={t("discardTitle", { count })}
      description={t("discardText")}
      size="small"
      onClose={onClose}
      onSubmit={() => !discard.isPending && discard.mutate()}
      testId="discard-dialog"
      footer={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" variant="primary" icon={<CircleCheck />} busy={discard.isPending} testId="discard-submit">
            {t("discard")}
          </Button>
        </>
      }
    >
      <div className={styles.form}>
        <Field label={t("comment")}>
          {({ id }) => <textarea id={id} data-autofocus className={inputClass} rows={3} maxLength={2000} placeholder={t("commentPlaceholder")} data-testid="discard-comment" value={comment} onChange={(event) => setComment(event.target.value)} />}
        </Field>
        {discard.isError && (
          <p className={list.errorBox} role="alert">
            {describeError(discard.error)}
          </p>
        )}
      </div>
    </Dialog>
  );
}
