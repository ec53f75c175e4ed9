import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Play, RotateCcw } from "lucide-react";
import { lazy, Suspense, useMemo, useState, type ReactNode } from "react";
import { ApiProblem, describeError } from "../api/client";
import type { NodeType } from "../api/types";
import { fetchPayloadForm, startExecution } from "../api/workflows";
import { Button } from "../components/Button";
import { Dialog } from "../components/Dialog";
import { Field, inputClass } from "../components/Field";
import { Spinner } from "../components/Spinner";
import { Tabs } from "../components/Tabs";
import type { Graph, GraphNode } from "../graph/types";
import { useLocale, useMessages } from "../i18n/useMessages";
import { navigate, workflowPath } from "../island/route";
import { useEditor } from "../store/editorStore";
import { useUi } from "../store/uiStore";
import styles from "./dialogs.module.css";
import { dialogMessages } from "./messages";
import { PayloadFields } from "./payload/PayloadFields";
import { payloadMessages } from "./payload/payloadMessages";
import { beginForm, readForm, typedOf, isObject, type FaultCode, type PayloadForm, type Typed } from "./payload/payloadValues";

const CodeEditor = lazy(async () => ({ default: (await import("../components/code/CodeEditor")).CodeEditor }));
// What was typed for a workflow stays for its next run.
const typedBefore = new Map<string, string>();

export function RunDialog({ onClose }: { onClose: () => void }) {
  const t = useMessages(dialogMessages);
  const locale = useLocale();
  const workflow = useEditor((state) => state.workflow);
  const graph = useEditor((state) => state.graph);
  const nodeTypes = useEditor((state) => state.nodeTypes);
  const triggers = useMemo(() => triggersOf(graph, nodeTypes), [graph, nodeTypes]);
  const [chosen, setChosen] = useState(triggers[0]?.id ?? "");
  const trigger = triggers.length > 1 ? chosen : null;
  const isPublished = workflow !== null && workflow.state !== "draft";
  const form = useQuery({
    queryKey: ["payload-form", workflow?.id, workflow?.published_revision, trigger],
    queryFn: ({ signal }) => fetchPayloadForm(workflow?.id ?? "", trigger, signal),
    enabled: isPublished,
    retry: false,
  });
  if (!workflow || (isPublished && form.isPending)) return null;
  const chooser = triggers.length > 1 && (
    <Field label={t("runTrigger")} help={t("runTriggerHelp")}>
      {({ id, describedBy }) => (
        <select id={id} className={inputClass} aria-describedby={describedBy} data-testid="run-trigger" value={chosen} onChange={(event) => setChosen(event.target.value)}>
          {triggers.map((node) => (
            <option key={node.id} value={node.id}>
              {[...new Set([node.name || node.id, titleOf(nodeTypes.get(node.type), locale)])].join(" · ")}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
  const sample = samplePayload(triggers.find((node) => node.id === chosen));
  return <RunPayload key={keyOf(workflow.id, chosen)} memory={keyOf(workflow.id, chosen)} trigger={trigger} chooser={chooser} draftSample={sample} form={form.data ?? null} onClose={onClose} />;
}

interface RunPayloadProps {
  /** Under which what was typed is kept for the next run. */
  memory: string;
  trigger: string | null;
  chooser: ReactNode;
  /** The sample of the trigger as it is drawn. */
  draftSample: string;
  form: PayloadForm | null;
  onClose: () => void;
}

function RunPayload({ memory, trigger, chooser, draftSample, form, onClose }: RunPayloadProps) {
  const t = useMessages(dialogMessages);
  const tp = useMessages(payloadMessages);
  const locale = useLocale();
  const client = useQueryClient();
  const workflow = useEditor((state) => state.workflow);
  const inputs = form?.inputs ?? null;
  const sample = form?.inputs ? JSON.stringify(readForm(form.inputs, beginForm(form.inputs, form.sample)).payload, null, 2) : draftSample;
  const [view, setView] = useState<"form" | "json">(inputs ? "form" : "json");
  const [text, setText] = useState(() => typedBefore.get(memory) ?? sample);
  const [typed, setTyped] = useState<Record<string, Typed>>(() => beginForm(inputs ?? [], parsed(typedBefore.get(memory)) ?? form?.sample));
  const [faults, setFaults] = useState<Record<string, string>>({});
  const [problem, setProblem] = useState<string | null>(null);
  const start = useMutation({
    mutationFn: (payload: unknown) => startExecution(workflow?.id ?? "", payload, trigger, locale),
    onSuccess: (execution) => {
      void client.invalidateQueries({ queryKey: ["executions"] });
      useUi.getState().showTab("run");
      onClose();
      navigate(workflowPath(execution.workflow_id, execution.id));
    },
    onError: (error) => showRefusal(error),
  });
  if (!workflow) return null;

  const showRefusal = (error: unknown) => {
    const issues = error instanceof ApiProblem && error.code === "payload-invalid" ? error.issues : null;
    if (!issues) return setProblem(describeError(error));
    const known = new Set(inputs?.map((input) => input.name));
    const atFields: Record<string, string> = {};
    const others: string[] = [tp("faults")];
    for (const issue of issues) {
      const [name = "", ...inner] = (issue.field ?? "").split(".");
      if (view === "form" && known.has(name)) atFields[name] ??= inner.length > 0 ? `${inner.join(".")}: ${issue.message}` : issue.message;
      else others.push(issue.field ? `${issue.field}: ${issue.message}` : issue.message);
    }
    setFaults(atFields);
    setProblem(others.join("\n"));
  };
  const run = (payload: unknown) => {
    typedBefore.set(memory, JSON.stringify(payload, null, 2));
    setProblem(null);
    start.mutate(payload);
  };
  const submitForm = () => {
    const read = readForm(inputs ?? [], typed);
    const words: Record<FaultCode, string> = { missing: tp("missing"), number: tp("number"), json: tp("notJson") };
    const found = Object.fromEntries(Object.entries(read.faults).map(([name, code]) => [name, words[code]]));
    setFaults(found);
    setProblem(null);
    if (Object.keys(found).length === 0) run(read.payload);
  };
  const submit = () => {
    if (start.isPending) return;
    if (view === "form") return submitForm();
    try {
      run(text.trim() ? (JSON.parse(text) as unknown) : {});
      typedBefore.set(memory, text);
    } catch (error) {
      setProblem(t("runNotJson", { detail: describeError(error) }));
    }
  };
  const show = (next: "form" | "json") => {
    setProblem(null);
    setFaults({});
    if (next === "json" && view === "form") setText(JSON.stringify(readForm(inputs ?? [], typed).payload, null, 2));
    if (next === "form" && view === "json") {
      const payload = parsed(text);
      if (!isObject(payload)) return setProblem(t("runNotJson", { detail: "" }));
      setTyped(Object.fromEntries((inputs ?? []).map((input) => [input.name, typedOf(input, payload[input.name])])));
    }
    setView(next);
  };
  const published = workflow.state !== "draft";
  const json = (
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
  );
  return (
    <Dialog
      title={t("runTitle", { name: workflow.name })}
      description={t("runText")}
      onClose={onClose}
      onSubmit={submit}
      testId="run-dialog"
      footer={
        <>
          {view === "json" && text !== sample && (
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
      {chooser}
      {inputs ? (
        <Tabs
          tabs={[
            { id: "form", label: tp("form") },
            { id: "json", label: tp("json") },
          ]}
          selected={view}
          onSelect={show}
          label={tp("view")}
        >
          {view === "form" ? <PayloadFields inputs={inputs} typed={typed} faults={faults} onChange={(name, value) => setTyped((before) => ({ ...before, [name]: value }))} /> : json}
        </Tabs>
      ) : (
        json
      )}
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

function keyOf(workflowId: string, trigger: string): string {
  return `${workflowId} ${trigger}`;
}

function titleOf(type: NodeType | undefined, locale: string): string {
  return (locale.startsWith("ru") && type?.title_ru) || type?.title || "";
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}
