import { ArrowRight, Pin } from "lucide-react";
import { useState } from "react";
import { fetchStep } from "../api/executions";
import type { Execution, NodeType } from "../api/types";
import { JsonTree } from "../components/json/JsonTree";
import { JsonView } from "../components/json/JsonView";
import { schemaSkeleton } from "../expressions/buildScope";
import { nodeLabel, type Graph, type GraphNode } from "../graph/types";
import { useMessages } from "../i18n/useMessages";
import { isObject, type Json, type JsonSchema } from "../schema/jsonSchema";
import { stepTestMessages } from "../stepTest/messages";
import { PinBar, type Pinnable } from "../stepTest/PinBar";
import testStyles from "../stepTest/stepTest.module.css";
import { TestResult } from "../stepTest/TestResult";
import type { StepTestState } from "../stepTest/useStepTest";
import { useEditor } from "../store/editorStore";
import { DataSource } from "./DataSource";
import { propertiesMessages } from "./messages";
import styles from "./panes.module.css";

export interface OutputPaneProps {
  node: GraphNode;
  graph: Graph;
  nodeType: NodeType | undefined;
  execution: Execution | null;
  test: StepTestState;
  readOnly: boolean;
  /** What the node hands on, where its parameters say more than its type. */
  schema?: JsonSchema | undefined;
  /** As a tab of the panel, which has its heading already. */
  bare?: boolean;
}

type View = "test" | "pinned" | "run";

/** What the node gave: in its test, as it is pinned, or in the shown run; and the nodes that go on with it. */
export function OutputPane({ node, graph, nodeType, execution, test, readOnly, schema, bare = false }: OutputPaneProps) {
  const t = useMessages(propertiesMessages);
  const selectNodes = useEditor((state) => state.selectNodes);
  const targets = [...new Set(graph.edges.filter((edge) => edge.source === node.id).map((edge) => edge.target))];
  const next = targets.flatMap((id) => graph.nodes.find((one) => one.id === id) ?? []);
  const isTrigger = nodeType?.kind === "trigger";
  const there: Record<View, boolean> = {
    test: test.run !== null,
    pinned: node.pinned !== undefined,
    run: isTrigger ? isObject(execution?.trigger) : (execution?.steps.some((one) => one.node_id === node.id) ?? false),
  };
  const views = (["test", "pinned", "run"] as const).filter((one) => there[one]);
  // What was chosen holds until the next test, whose result is what one wants to see.
  const at = test.run?.phase === "started" ? test.run.testId : (test.run?.phase ?? "");
  const [chosen, setChosen] = useState<{ view: View; at: string } | null>(null);
  const choose = (view: View) => setChosen({ view, at });
  const view: View = chosen?.at === at && there[chosen.view] ? chosen.view : (views[0] ?? "run");
  const shown = view === "test" ? testedOutput(test) : view === "run" && execution ? ranOutput(execution, node, isTrigger) : null;
  return (
    <section className={styles.pane} data-pane="output" data-bare={bare || undefined} data-testid="output-pane" aria-label={t("output")}>
      {(!bare || views.length > 1 || view === "run") && (
        <div className={styles.paneHead}>
          {!bare && <h3>{t("output")}</h3>}
          <Views views={views} view={view} onView={choose} />
          {view === "run" && <DataSource execution={execution} />}
        </div>
      )}
      <div className={styles.paneBody}>
        {!test.underWay && <PinBar node={node} workflowId={graph.id} readOnly={readOnly} shown={shown} onPinned={() => choose("pinned")} />}
        {view === "test" && <TestResult test={test} />}
        {view === "pinned" && <PinnedData node={node} isTrigger={isTrigger} />}
        {view === "run" && <Output node={node} nodeType={nodeType} execution={execution} schema={schema} />}
      </div>
      {next.length > 0 && (
        <nav className={styles.paneFoot} aria-label={t("nextNodes")}>
          {next.map((one) => (
            <button key={one.id} type="button" className={styles.nodeChip} onClick={() => selectNodes([one.id])}>
              {nodeLabel(one)} <ArrowRight size={13} aria-hidden />
            </button>
          ))}
        </nav>
      )}
    </section>
  );
}

function Views({ views, view, onView }: { views: readonly View[]; view: View; onView: (view: View) => void }) {
  const t = useMessages(stepTestMessages);
  if (views.length < 2) return null;
  return (
    <div role="radiogroup" aria-label={t("view")} className={testStyles.views}>
      {views.map((one) => (
        <button key={one} type="button" role="radio" aria-checked={one === view} data-testid={`output-view-${one}`} onClick={() => onView(one)}>
          {t(`view.${one}`)}
        </button>
      ))}
    </div>
  );
}

function testedOutput({ run, result }: StepTestState): Pinnable | null {
  if (run?.phase !== "started" || run.stopped || result.data?.state !== "success") return null;
  return { value: result.data.output as Json, executionId: null };
}

/** What a step that has succeeded gave, or what started the run. In a loop each item has its own. */
function ranOutput(execution: Execution, node: GraphNode, isTrigger: boolean): Pinnable | null {
  if (isTrigger) return isObject(execution.trigger) ? { value: execution.trigger, executionId: execution.id } : null;
  const step = execution.steps.find((one) => one.node_id === node.id);
  if (step?.state !== "success" || step.items) return null;
  const load = async () => (await fetchStep(execution.id, node.id, new AbortController().signal)).output as Json;
  return { value: step.output as Json, executionId: execution.id, ...(step.omitted.includes("output") && { load }) };
}

function PinnedData({ node, isTrigger }: { node: GraphNode; isTrigger: boolean }) {
  const t = useMessages(stepTestMessages);
  const value = (node.pinned?.output ?? null) as Json;
  const from = node.pinned?.execution_id;
  return (
    <>
      <p className={testStyles.pinnedNote} data-testid="pinned-note">
        <Pin size={14} aria-hidden />
        <span>
          {t(isTrigger ? "pinnedTrigger" : "pinnedText")} {from && <span title={from}>{t("pinnedFrom", { id: from.slice(-8) })}</span>}
        </span>
      </p>
      <JsonView value={value} rootPath={isTrigger ? ["trigger"] : ["steps", node.id]} label={nodeLabel(node)} fileName={`${node.id}-pinned.json`} openDepth={3} />
    </>
  );
}

function Output({ node, nodeType, execution, schema }: Pick<OutputPaneProps, "node" | "nodeType" | "execution" | "schema">) {
  const t = useMessages(propertiesMessages);
  if (nodeType?.kind === "trigger") {
    const value = (execution?.trigger ?? null) as Json;
    return value ? <JsonView value={value} rootPath={["trigger"]} label={nodeLabel(node)} fileName={`${node.id}.json`} openDepth={3} /> : <p className={styles.paneNote}>{t("outputNone")}</p>;
  }
  const step = execution?.steps.find((one) => one.node_id === node.id);
  if (step?.state === "skipped") return <p className={styles.paneNote}>{t("outputSkipped")}</p>;
  if (isObject(step?.error)) return <p className={styles.paneFault}>{t("outputFailed", { message: String(step.error["message"] ?? "") })}</p>;
  if (step?.output !== undefined && step.output !== null) {
    return <JsonView value={step.output as Json} rootPath={["steps", node.id]} label={nodeLabel(node)} fileName={`${node.id}.json`} openDepth={3} />;
  }
  const skeleton: Json = schemaSkeleton(schema ?? ((nodeType?.output_schema ?? {}) as JsonSchema));
  return (
    <>
      <p className={styles.paneNote}>{t("outputNone")}</p>
      {isObject(skeleton) && (
        <div className={styles.skeleton}>
          <JsonTree value={skeleton} rootPath={["steps", node.id]} label={t("outputFields")} />
        </div>
      )}
    </>
  );
}
