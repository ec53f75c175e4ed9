import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Play, RotateCcw } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { describeError } from "../api/client";
import { startExecution } from "../api/workflows";
import { Button } from "../components/Button";
import { Dialog } from "../components/Dialog";
import { Spinner } from "../components/Spinner";
import { useMessages } from "../i18n/useMessages";
import { navigate, workflowPath } from "../island/route";
import { useEditor } from "../store/editorStore";
import { useUi } from "../store/uiStore";
import styles from "./dialogs.module.css";
import { dialogMessages } from "./messages";

const CodeEditor = lazy(async () => ({ default: (await import("../components/code/CodeEditor")).CodeEditor }));
// What was typed for a workflow stays for its next run.
const typed = new Map<string, string>();

export function RunDialog({ onClose }: { onClose: () => void }) {
  const t = useMessages(dialogMessages);
  const client = useQueryClient();
  const workflow = useEditor((state) => state.workflow);
  const sample = useEditor(() => samplePayload());
  const [text, setText] = useState(() => typed.get(workflow?.id ?? "") ?? sample);
  const [problem, setProblem] = useState<string | null>(null);
  const start = useMutation({
    mutationFn: (payload: unknown) => startExecution(workflow?.id ?? "", payload),
    onSuccess: (execution) => {
      void client.invalidateQueries({ queryKey: ["executions"] });
      useUi.getState().showTab("run");
      onClose();
      navigate(workflowPath(execution.workflow_id, execution.id));
    },
    onError: (error) => setProblem(describeError(error)),
  });
  if (!workflow) return null;
  const submit = () => {
    if (start.isPending) return;
    try {
      const payload: unknown = text.trim() ? JSON.parse(text) : {};
      typed.set(workflow.id, text);
      setProblem(null);
      start.mutate(payload);
    } catch (error) {
      setProblem(t("runNotJson", { detail: describeError(error) }));
    }
  };
  const published = workflow.state !== "draft";
  return (
    <Dialog
      title={t("runTitle", { name: workflow.name })}
      description={t("runText")}
      onClose={onClose}
      onSubmit={submit}
      testId="run-dialog"
      footer={
        <>
          {text !== sample && (
            <Button variant="ghost" icon={<RotateCcw />} onClick={() => setText(sample)}>
              {t("sample")}
            </Button>
          )}
          <span className={styles.spring} />
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" variant="primary" icon={<Play />} busy={start.isPending} testId="run-submit" disabledReason={published ? null : t("runNotPublished")}>
            {t("runSubmit")}
          </Button>
        </>
      }
    >
      {workflow.state === "changed" && <p className={styles.notice}>{t("runChanged", { revision: workflow.published_revision ?? "" })}</p>}
      <div
        className={styles.payload}
        onKeyDown={(event) => {
          if ((event.ctrlKey || event.metaKey) && event.key === "Enter") submit();
        }}
      >
        <Suspense fallback={<Spinner />}>
          <CodeEditor label={t("runPayload")} language="json" value={text} onChange={setText} minHeight="160px" maxHeight="46vh" invalid={problem !== null} testId="run-payload" />
        </Suspense>
      </div>
      {problem && (
        <p className={styles.error} role="alert" data-testid="run-problem">
          {problem}
        </p>
      )}
    </Dialog>
  );
}

/** The trigger's own sample. */
function samplePayload(): string {
  const { graph, nodeTypes } = useEditor.getState();
  const trigger = graph?.nodes.find((node) => nodeTypes.get(node.type)?.kind === "trigger");
  return JSON.stringify(trigger?.parameters["sample_payload"] ?? {}, null, 2);
}
