import { useMutation, useQueryClient } from "@tanstack/react-query";
import { CircleCheck } from "lucide-react";
import { useState } from "react";
import { DEAD_LETTERS_KEY, discardGroup } from "../api/deadLetters";
import { Field, inputClass } from "../components/Field";
import { FormDialog } from "../components/FormDialog";
import { toast } from "../components/Toast";
import { useMessages } from "../i18n/useMessages";
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
    <FormDialog
      title={t("discardTitle", { count })}
      description={t("discardText")}
      size="small"
      onClose={onClose}
      onSubmit={() => discard.mutate()}
      name="discard"
      cancel={t("cancel")}
      submit={t("discard")}
      icon={<CircleCheck />}
      action={discard}
    >
      <Field label={t("comment")}>
        {({ id }) => <textarea id={id} data-autofocus className={inputClass} rows={3} maxLength={2000} placeholder={t("commentPlaceholder")} data-testid="discard-comment" value={comment} onChange={(event) => setComment(event.target.value)} />}
      </Field>
    </FormDialog>
  );
}
