import { useMutation, useQueryClient } from "@tanstack/react-query";
import { CirclePause } from "lucide-react";
import { useState } from "react";
import { drainQueue, pauseQueue, QUEUE_KEY } from "../api/queue";
import { Choice, Choices } from "../components/Choice";
import { Field, inputClass } from "../components/Field";
import { FormDialog } from "../components/FormDialog";
import { toast } from "../components/Toast";
import { useMessages } from "../i18n/useMessages";
import { queueMessages } from "./messages";

/** What is to be paused: one workflow, or all when the id is null. */
export interface PauseSubject {
  workflowId: string | null;
  name: string;
}

/** Asks why before it pauses; for all workflows also whether maintenance is to follow. */
export function PauseDialog({ subject, onClose }: { subject: PauseSubject; onClose: () => void }) {
  const t = useMessages(queueMessages);
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const [draining, setDraining] = useState(false);
  const all = subject.workflowId === null;
  const pause = useMutation({
    mutationFn: () => (draining ? drainQueue(reason.trim()) : pauseQueue(true, subject.workflowId, reason.trim())),
    onSuccess: () => {
      toast({ tone: "success", title: t("pausedDone") });
      onClose();
    },
    onSettled: () => client.invalidateQueries({ queryKey: QUEUE_KEY }),
  });
  return (
    <FormDialog
      title={all ? t("pauseTitleAll") : t("pauseTitleOne", { name: subject.name })}
      description={t("pauseText")}
      size="small"
      onClose={onClose}
      onSubmit={() => pause.mutate()}
      name="pause"
      cancel={t("cancel")}
      submit={t(draining ? "startDrain" : "pause")}
      icon={<CirclePause />}
      action={pause}
    >
      <Field label={t("reason")}>
        {({ id }) => (
          <textarea id={id} data-autofocus className={inputClass} rows={3} maxLength={1000} placeholder={t("reasonPlaceholder")} data-testid="pause-reason" value={reason} onChange={(event) => setReason(event.target.value)} />
        )}
      </Field>
      {all && (
        <Choices legend={t("how")}>
          {([false, true] as const).map((value) => (
            <Choice
              key={String(value)}
              input={<input type="radio" name="ff-pause-kind" checked={draining === value} data-testid={value ? "choose-drain" : "choose-hold"} onChange={() => setDraining(value)} />}
              text={t(value ? "drain" : "hold")}
              help={t(value ? "drainHelp" : "holdHelp")}
            />
          ))}
        </Choices>
      )}
    </FormDialog>
  );
}
