import { ArrowRight } from "lucide-react";
import type { NodeType } from "../api/types";
import { JsonTree } from "../components/json/JsonTree";
import { JsonView } from "../components/json/JsonView";
import { schemaSkeleton } from "../expressions/buildScope";
import { nodeLabel, type Graph, type GraphNode } from "../graph/types";
import { useMessages } from "../i18n/useMessages";
import type { Execution } from "../api/types";
import { isObject, type Json, type JsonSchema } from "../schema/jsonSchema";
import { useEditor } from "../store/editorStore";
import { DataSource } from "./DataSource";
import { propertiesMessages } from "./messages";
import styles from "./panes.module.css";

export interface OutputPaneProps {
  node: GraphNode;
  graph: Graph;
  nodeType: NodeType | undefined;
  execution: Execution | null;
  /** What the node hands on, where its parameters say more than its type. */
  schema?: JsonSchema | undefined;
}

/** What the node gave in the shown run, and the nodes that go on with it. */
export function OutputPane({ node, graph, nodeType, execution, schema }: OutputPaneProps) {
  const t = useMessages(propertiesMessages);
  const selectNodes = useEditor((state) => state.selectNodes);
  const targets = [...new Set(graph.edges.filter((edge) => edge.source === node.id).map((edge) => edge.target))];
  const next = targets.flatMap((id) => graph.nodes.find((one) => one.id === id) ?? []);
  return (
    <section className={styles.pane} data-pane="output" data-testid="output-pane" aria-label={t("output")}>
      <div className={styles.paneHead}>
        <h3>{t("output")}</h3>
        <DataSource execution={execution} />
      </div>
      <div className={styles.paneBody}>
        <Output node={node} nodeType={nodeType} execution={execution} schema={schema} />
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

function Output({ node, nodeType, execution, schema }: Omit<OutputPaneProps, "graph">) {
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
