import { useMutation, useQueryClient } from "@tanstack/react-query";
import { CirclePause } from "lucide-react";
import { useState } from "react";
import { describeError } from "../api/client";
import { drainQueue, pauseQueue, QUEUE_KEY } from "../api/queue";
import { Button } from "../components/Button";
import { Dialog } from "../components/Dialog";
import { Field, inputClass } from "../components/Field";
import list from "../components/list.module.css";
import { toast } from "../components/Toast";
import { useMessages } from "../i18n/useMessages";
import { queueMessages } from "./messages";
import styles from "./queue.module.css";

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
    <Dialog
      title={all ? t("pauseTitleAll") : t("pauseTitleOne", { name: subject.name })}
      description={t("pauseText")}
      size="small"
      onClose={onClose}
      onSubmit={() => !pause.isPending && pause.mutate()}
      testId="pause-dialog"
      footer={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" variant="primary" icon={<CirclePause />} busy={pause.isPending} testId="pause-submit">
            {t(draining ? "startDrain" : "pause")}
          </Button>
        </>
      }
    >
      <div className={styles.form}>
        <Field label={t("reason")}>
          {({ id }) => (
            <textarea id={id} data-autofocus className={inputClass} rows={3} maxLength={1000} placeholder={t("reasonPlaceholder")} data-testid="pause-reason" value={reason} onChange={(event) => setReason(event.target.value)} />
          )}
        </Field>
        {all && (
          <fieldset className={styles.choices}>
            <legend>{t("how")}</legend>
            {([false, true] as const).map((value) => (
              <label key={String(value)} className={styles.choice}>
                <input type="radio" name="ff-pause-kind" checked={draining === value} data-testid={value ? "choose-drain" : "choose-hold"} onChange={() => setDraining(value)} />
                <span>
                  <strong>{t(value ? "drain" : "hold")}</strong>
                  <span className={list.muted}>{t(value ? "drainHelp" : "holdHelp")}</span>
                </span>
              </label>
            ))}
          </fieldset>
        )}
        {pause.isError && (
          <p className={list.errorBox} role="alert">
            {describeError(pause.error)}
          </p>
        )}
      </div>
    </Dialog>
  );
}
