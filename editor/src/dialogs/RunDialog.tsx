import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Play, RotateCcw } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { describeError } from "../api/client";
import type { NodeType } from "../api/types";
import { startExecution } from "../api/workflows";
import { Button } from "../components/Button";
import { Dialog } from "../components/Dialog";
import { Field, inputClass } from "../components/Field";
import { Spinner } from "../components/Spinner";
import type { Graph, GraphNode } from "../graph/types";
import { useLocale, useMessages } from "../i18n/useMessages";
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
  const locale = useLocale();
  const client = useQueryClient();
  const workflow = useEditor((state) => state.workflow);
  const graph = useEditor((state) => state.graph);
  const nodeTypes = useEditor((state) => state.nodeTypes);
  const triggers = useMemo(() => triggersOf(graph, nodeTypes), [graph, nodeTypes]);
  const [chosen, setChosen] = useState(triggers[0]?.id ?? "");
  const sample = samplePayload(triggers.find((node) => node.id === chosen));
  const [text, setText] = useState(() => typed.get(keyOf(workflow?.id, chosen)) ?? sample);
  const [problem, setProblem] = useState<string | null>(null);
  const start = useMutation({
    mutationFn: (payload: unknown) => startExecution(workflow?.id ?? "", payload, triggers.length > 1 ? chosen : null),
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
      typed.set(keyOf(workflow.id, chosen), text);
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
      {triggers.length > 1 && (
        <Field label={t("runTrigger")} help={t("runTriggerHelp")}>
          {({ id, describedBy }) => (
            <select
              id={id}
              className={inputClass}
              aria-describedby={describedBy}
              data-testid="run-trigger"
              value={chosen}
              onChange={(event) => {
                const next = triggers.find((node) => node.id === event.target.value);
                setChosen(event.target.value);
                setText(typed.get(keyOf(workflow.id, event.target.value)) ?? samplePayload(next));
              }}
            >
              {triggers.map((node) => (
                <option key={node.id} value={node.id}>
                  {[...new Set([node.name || node.id, titleOf(nodeTypes.get(node.type), locale)])].join(" · ")}
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
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

/** What can start the workflow; the one that stands for a start by hand comes first, as on the server. */
function triggersOf(graph: Graph | null, nodeTypes: ReadonlyMap<string, NodeType>): GraphNode[] {
  const found = (graph?.nodes ?? []).filter((node) => nodeTypes.get(node.type)?.kind === "trigger");
  return found.sort((one, other) => Number(other.type === "manual") - Number(one.type === "manual") || (one.id < other.id ? -1 : 1));
}

/** The trigger's own sample. */
function samplePayload(trigger: GraphNode | undefined): string {
  return JSON.stringify(trigger?.parameters["sample_payload"] ?? {}, null, 2);
}

function keyOf(workflowId: string | undefined, trigger: string): string {
  return `${workflowId ?? ""} ${trigger}`;
}

function titleOf(type: NodeType | undefined, locale: string): string {
  return (locale.startsWith("ru") && type?.title_ru) || type?.title || "";
}
