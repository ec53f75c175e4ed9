import { useMutation, useQueryClient } from "@tanstack/react-query";
import { CircleAlert, CircleCheck, ExternalLink, Hourglass, Play, TriangleAlert } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { ApiProblem, describeError } from "../api/client";
import { useSession } from "../api/queries";
import type { Issue } from "../api/types";
import { publishWorkflow, readWorkflow } from "../api/workflows";
import { Button } from "../components/Button";
import { Dialog } from "../components/Dialog";
import { Field, inputClass } from "../components/Field";
import { useMessages } from "../i18n/useMessages";
import { dagUrl } from "../session/dagUrl";
import { saveNow } from "../store/draft";
import { useEditor } from "../store/editorStore";
import { useUi } from "../store/uiStore";
import styles from "./dialogs.module.css";
import { dialogMessages } from "./messages";

export interface PublishDialogProps {
  onClose: () => void;
  /** Draws issues so that a click leads to their place. */
  drawIssues: (issues: readonly Issue[]) => ReactNode;
}

export function PublishDialog({ onClose, drawIssues }: PublishDialogProps) {
  const t = useMessages(dialogMessages);
  const client = useQueryClient();
  const workflow = useEditor((state) => state.workflow);
  const stored = useEditor((state) => state.issues);
  const [message, setMessage] = useState("");
  const [refused, setRefused] = useState<Issue[] | null>(null);
  const issues = refused ?? stored;
  const errors = issues.filter((issue) => issue.severity === "error");

  // The list must be about what is drawn now, not about what was saved a moment ago.
  useEffect(() => {
    void saveNow();
  }, []);
  const publish = useMutation({
    mutationFn: async () => {
      if (!(await saveNow())) throw new Error(t("saveFirst", { detail: useEditor.getState().saveError ?? "" }));
      const now = useEditor.getState().workflow;
      if (!now) throw new Error(t("failed"));
      const started = performance.now();
      const result = await publishWorkflow(now.id, now.version, message.trim());
      return { ...result, ms: Math.round(performance.now() - started) };
    },
    onSuccess: async () => {
      const id = useEditor.getState().workflow?.id;
      if (id) useEditor.getState().setWorkflow(await readWorkflow(id));
      void client.invalidateQueries({ queryKey: ["workflows"] });
      void client.invalidateQueries({ queryKey: ["revisions", id] });
    },
    onError: (error) => {
      setRefused(error instanceof ApiProblem && error.issues.length > 0 ? error.issues : null);
    },
  });
  if (!workflow) return null;
  if (publish.data) return <Published result={publish.data} onClose={onClose} />;
  return (
    <Dialog
      title={t("publishTitle", { name: workflow.name })}
      description={t("publishText")}
      onClose={onClose}
      testId="publish-dialog"
      onSubmit={() => {
        if (errors.length === 0 && !publish.isPending) publish.mutate();
      }}
      footer={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" variant="primary" busy={publish.isPending} testId="publish-submit" disabledReason={errors.length > 0 ? t("publishBlocked", { count: errors.length }) : null}>
            {t("publishSubmit")}
          </Button>
        </>
      }
    >
      {issues.length > 0 && (
        <section className={styles.issues} data-testid="publish-issues">
          <h3 className={errors.length > 0 ? styles.errorTitle : styles.warningTitle}>
            {errors.length > 0 ? <CircleAlert size={16} aria-hidden /> : <TriangleAlert size={16} aria-hidden />}
            {errors.length > 0 ? t("publishBlocked", { count: errors.length }) : t("publishWarnings", { count: issues.length })}
          </h3>
          {drawIssues(issues)}
        </section>
      )}
      {publish.error && (
        <p className={styles.error} role="alert">
          {describeError(publish.error)}
        </p>
      )}
      {errors.length === 0 && (
        <Field label={t("publishMessage")} help={t("publishMessageHelp")}>
          {({ id, describedBy }) => (
            <input id={id} aria-describedby={describedBy} className={inputClass} data-autofocus data-testid="publish-message" maxLength={1000} value={message} onChange={(event) => setMessage(event.target.value)} />
          )}
        </Field>
      )}
    </Dialog>
  );
}

function Published({ result, onClose }: { result: { revision: number; state: "published" | "runnable"; ms: number }; onClose: () => void }) {
  const t = useMessages(dialogMessages);
  const session = useSession();
  const workflow = useEditor((state) => state.workflow);
  const runnable = result.state === "runnable";
  if (!workflow) return null;
  return (
    <Dialog
      title={t("publishTitle", { name: workflow.name })}
      size="small"
      onClose={onClose}
      testId="publish-dialog"
      footer={
        <>
          <Button onClick={onClose} testId="publish-close" data-autofocus>
            {t("close")}
          </Button>
          {runnable && (
            <Button variant="primary" icon={<Play />} testId="publish-run" onClick={() => useUi.getState().set({ dialog: "run" })}>
              {t("runNow")}
            </Button>
          )}
        </>
      }
    >
      <div className={styles.result} role="status" data-testid="publish-result" data-state={result.state}>
        {runnable ? <CircleCheck size={34} className={styles.good} aria-hidden /> : <Hourglass size={34} aria-hidden />}
        <div>
          <p className={styles.resultTitle}>{t("publishDone", { revision: result.revision })}</p>
          <p>{t(runnable ? "publishRunnable" : "publishWaiting")}</p>
          <p className={styles.muted}>{t("publishTook", { ms: result.ms })}</p>
        </div>
      </div>
      <a className={styles.link} href={dagUrl(session.data, workflow.id)} target="_blank" rel="noreferrer" data-testid="open-dag">
        {t("seeDag")} <ExternalLink size={14} aria-hidden />
      </a>
    </Dialog>
  );
}
