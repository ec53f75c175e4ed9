import { ChevronRight, Pin, Search } from "lucide-react";
import { useState, type ReactNode } from "react";
import type { NodeType } from "../api/types";
import { copyText } from "../components/json/copyText";
import { JsonTree } from "../components/json/JsonTree";
import { jsonMessages } from "../components/json/messages";
import { schemaSkeleton, upstreamOf } from "../expressions/buildScope";
import { insertIntoTarget } from "../expressions/insertTarget";
import { loopOf } from "../graph/loops";
import { nodeLabel, type Graph } from "../graph/types";
import { useLocale, useMessages } from "../i18n/useMessages";
import { isObject, type Json, type JsonSchema } from "../schema/jsonSchema";
import type { Path } from "../schema/paths";
import { getIn } from "../schema/paths";
import { useEditor } from "../store/editorStore";
import { DataSource } from "./DataSource";
import { propertiesMessages } from "./messages";
import styles from "./panes.module.css";
import type { NodeData } from "./useNodeData";

export interface InputPaneProps {
  nodeId: string;
  graph: Graph;
  nodeTypes: ReadonlyMap<string, NodeType>;
  data: NodeData;
}

/** What expressions of the node can read: outputs of the steps before it, nearest first. */
export function InputPane({ nodeId, graph, nodeTypes, data }: InputPaneProps) {
  const t = useMessages(propertiesMessages);
  const tj = useMessages(jsonMessages);
  const [search, setSearch] = useState("");
  const [copied, setCopied] = useState<string | null>(null);
  const loop = loopOf(graph, nodeId);
  const nodes = upstreamOf(nodeId, graph.edges)
    // Steps of a loop's body have an output for each item: they are seen from inside only.
    .filter((id) => [undefined, loop].includes(loopOf(graph, id)))
    .flatMap((id) => graph.nodes.find((one) => one.id === id) ?? []);
  const { scope } = data;

  function pick(path: string): void {
    if (insertIntoTarget(path)) return;
    void copyText(path).then(() => {
      setCopied(path);
      setTimeout(() => setCopied(null), 2500);
    });
  }

  return (
    <section className={styles.pane} data-pane="input" data-testid="input-pane" aria-label={t("input")}>
      <div className={styles.paneHead}>
        <h3>{t("input")}</h3>
        <DataSource execution={data.execution} />
      </div>
      <label className={styles.paneSearch}>
        <Search size={13} aria-hidden />
        <input type="search" value={search} placeholder={tj("search")} aria-label={tj("search")} onChange={(event) => setSearch(event.target.value)} />
      </label>
      <div className={styles.paneBody}>
        {nodes.length === 0 && <p className={styles.paneNote}>{t("noInput")}</p>}
        {nodes.map((node, index) => {
          const nodeType = nodeTypes.get(node.type);
          const path: Path = nodeType?.kind === "trigger" ? ["trigger"] : node.id === loop ? ["item"] : ["steps", node.id];
          const value = getIn(scope.data, path);
          const skeleton = value === undefined ? schemaSkeleton((getSchema(scope.schema, path) ?? {}) as JsonSchema) : null;
          return (
            <Section key={node.id} title={nodeLabel(node)} subtitle={path.join(".")} open={index < 2} nodeId={node.id} pinned={node.pinned !== undefined}>
              {value !== undefined ? (
                <Value value={value} path={path} label={nodeLabel(node)} search={search} onPick={pick} />
              ) : (
                <>
                  <p className={styles.paneNote}>{isObject(skeleton) ? t("dataFields") : t("dataNotRun")}</p>
                  {isObject(skeleton) && (
                    <div className={styles.skeleton}>
                      <JsonTree value={skeleton} rootPath={path} label={nodeLabel(node)} search={search} onPick={pick} />
                    </div>
                  )}
                </>
              )}
            </Section>
          );
        })}
        {isObject(scope.data["vars"]) && Object.keys(scope.data["vars"]).length > 0 && (
          <Section title={t("contextVars")} subtitle="vars" open={false}>
            <JsonTree value={scope.data["vars"]} rootPath={["vars"]} label={t("contextVars")} search={search} onPick={pick} />
          </Section>
        )}
        <Section title={t("contextRun")} subtitle="run, workflow" open={false}>
          <JsonTree value={scope.data["run"] ?? {}} rootPath={["run"]} label="run" search={search} onPick={pick} />
          <JsonTree value={scope.data["workflow"] ?? {}} rootPath={["workflow"]} label="workflow" search={search} onPick={pick} />
        </Section>
      </div>
      <p className={styles.paneFoot} role="status">
        {copied ? t("nothingFocused", { path: copied }) : t("dragHint")}
      </p>
    </section>
  );
}

function Value({ value, path, label, search, onPick }: { value: Json; path: Path; label: string; search: string; onPick: (path: string) => void }) {
  if (isObject(value) || Array.isArray(value)) {
    return <JsonTree value={value} rootPath={path} label={label} search={search} onPick={onPick} openDepth={3} />;
  }
  return <JsonTree value={{ [String(path.at(-1))]: value }} rootPath={path.slice(0, -1)} label={label} onPick={onPick} />;
}

function getSchema(schema: JsonSchema, path: Path): JsonSchema | null {
  return path.reduce<JsonSchema | null>((current, key) => current?.properties?.[String(key)] ?? null, schema);
}

interface SectionProps {
  title: string;
  subtitle: string;
  open: boolean;
  nodeId?: string;
  pinned?: boolean;
  children: ReactNode;
}

function Section({ title, subtitle, open, nodeId, pinned = false, children }: SectionProps) {
  const t = useMessages(propertiesMessages);
  const locale = useLocale();
  const selectNodes = useEditor((state) => state.selectNodes);
  const [isOpen, setOpen] = useState(open);
  return (
    <section className={styles.dataSection} lang={locale}>
      <div className={styles.sectionHead}>
        <button type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          <ChevronRight size={14} aria-hidden data-open={isOpen || undefined} />
          <span>{title}</span>
          {pinned && <Pin size={12} className={styles.pinned} aria-label={t("pinnedMark")} data-testid={`input-pinned-${nodeId}`} />}
        </button>
        {nodeId ? (
          <button type="button" className={styles.sectionLink} onClick={() => selectNodes([nodeId])}>
            <code>{subtitle}</code>
          </button>
        ) : (
          <code>{subtitle}</code>
        )}
      </div>
      {isOpen && <div className={styles.sectionBody}>{children}</div>}
    </section>
  );
}
