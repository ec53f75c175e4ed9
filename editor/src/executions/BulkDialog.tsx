import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { describeError } from "../api/client";
import type { ExecutionSummary } from "../api/types";
import { Button } from "../components/Button";
import { Dialog } from "../components/Dialog";
import { Field, inputClass } from "../components/Field";
import list from "../components/list.module.css";
import { useMessages } from "../i18n/useMessages";
import { runBulk, type BulkKind, type BulkResult } from "./bulk";
import { bulkMessages } from "./bulkMessages";
import styles from "./executions.module.css";

const SHOWN = 20;

export interface BulkDialogProps {
  kind: BulkKind;
  executions: readonly ExecutionSummary[];
  onClose: (changed: boolean) => void;
}

/** Asks before several executions are cancelled, retried or marked, and tells what became of each. */
export function BulkDialog({ kind, executions, onClose }: BulkDialogProps) {
  const t = useMessages(bulkMessages);
  const client = useQueryClient();
  const [comment, setComment] = useState("");
  const [progress, setProgress] = useState<BulkResult>({ done: 0, refused: [] });
  const work = useMutation({
    mutationFn: () => runBulk(kind, executions.map((one) => one.id), comment.trim(), setProgress),
    onSettled: () => client.invalidateQueries({ queryKey: ["executions"] }),
    onSuccess: (result) => {
      if (result.refused.length === 0) onClose(true);
    },
  });
  const over = work.isSuccess || work.isError;
  return (
    <Dialog
      title={t(`${kind}Title`, { count: executions.length })}
      description={t(`${kind}Text`)}
      size="small"
      onClose={() => onClose(work.isSuccess)}
      onSubmit={() => work.isIdle && work.mutate()}
      testId="bulk-dialog"
      footer={
        over ? (
          <Button variant="primary" onClick={() => onClose(true)}>
            {t("close")}
          </Button>
        ) : (
          <>
            <Button onClick={() => onClose(false)}>{t("back")}</Button>
            <Button type="submit" variant={kind === "cancel" ? "danger" : "primary"} busy={work.isPending} testId="bulk-submit">
              {t(`${kind}Submit`)}
            </Button>
          </>
        )
      }
    >
      {kind === "handle" && !over && (
        <Field label={t("comment")} help={t("commentHelp")}>
          {({ id, describedBy }) => (
            <textarea id={id} aria-describedby={describedBy} className={inputClass} rows={3} maxLength={4000} data-autofocus data-testid="bulk-comment" value={comment} onChange={(event) => setComment(event.target.value)} />
          )}
        </Field>
      )}
      {!work.isIdle && (
        <div className={list.progress}>
          <progress max={executions.length} value={progress.done + progress.refused.length} aria-label={t(`${kind}Submit`)} />
          <p role="status" data-testid="bulk-progress">
            {t("progress", { done: progress.done, refused: progress.refused.length, all: executions.length })}
          </p>
        </div>
      )}
      {work.isError && (
        <p className={list.errorBox} role="alert">
          {describeError(work.error)}
        </p>
      )}
      {progress.refused.length > 0 && (
        <ul className={styles.results} role={over ? "alert" : undefined} data-testid="bulk-refused">
          {progress.refused.slice(0, SHOWN).map((one) => (
            <li key={one.id}>
              <code>{one.id}</code> {one.message}
            </li>
          ))}
          {progress.refused.length > SHOWN && <li>{t("moreRefused", { count: progress.refused.length - SHOWN })}</li>}
        </ul>
      )}
    </Dialog>
  );
}
