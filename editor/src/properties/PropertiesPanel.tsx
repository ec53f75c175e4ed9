import { CircleQuestionMark } from "lucide-react";
import { useEffect, useRef, useState, type CSSProperties } from "react";
import { Tabs, type TabItem } from "../components/Tabs";
import type { Graph, GraphNode } from "../graph/types";
import { useMessages } from "../i18n/useMessages";
import { useEditor } from "../store/editorStore";
import { useStepTests } from "../store/stepTests";
import { InputPane } from "./InputPane";
import { propertiesMessages } from "./messages";
import { NodeHelp } from "./NodeHelp";
import { NodeSettings } from "./NodeSettings";
import { OutputPane } from "./OutputPane";
import { PanelHeader } from "./PanelHeader";
import { ParametersForm } from "./ParametersForm";
import styles from "./properties.module.css";
import { ResizeHandle } from "./ResizeHandle";
import { TestBar } from "../stepTest/TestBar";
import { useStepTest } from "../stepTest/useStepTest";
import { useFieldFocus } from "./useFieldFocus";
import { useNodeData } from "./useNodeData";
import { useStoredState } from "./useStoredState";

export interface PropertiesPanelProps {
  nodeId: string;
  onClose: () => void;
  readOnly?: boolean;
}

type Tab = "parameters" | "settings" | "data" | "help";
const COLUMNS = ["input", "form", "output"] as const;
type Column = (typeof COLUMNS)[number];

/** Everything about one node; widened, its input and output stand beside the form. */
export function PropertiesPanel({ nodeId, onClose, readOnly = false }: PropertiesPanelProps) {
  const graph = useEditor((state) => state.graph);
  const node = graph?.nodes.find((one) => one.id === nodeId);
  // Another node starts with its own form state, not with what was typed into the last one.
  return graph && node ? <Panel key={nodeId} graph={graph} node={node} onClose={onClose} readOnly={readOnly} /> : null;
}

interface PanelProps {
  graph: Graph;
  node: GraphNode;
  onClose: () => void;
  readOnly: boolean;
}

function Panel({ graph, node, onClose, readOnly }: PanelProps) {
  const t = useMessages(propertiesMessages);
  const nodeTypes = useEditor((state) => state.nodeTypes);
  const [wide, setWide] = useStoredState<boolean>("flowforge.panel.wide", false);
  const [width, setWidth] = useStoredState<number>("flowforge.panel.width", 400);
  const [tab, setTab] = useState<Tab>("parameters");
  const [column, setColumn] = useState<Column>("form");
  const root = useRef<HTMLElement>(null);
  const data = useNodeData(graph, node.id, nodeTypes);
  const nodeType = nodeTypes.get(node.type);
  const label = node.name || node.id;
  const shownId = useEditor((state) => state.execution?.id ?? null);
  const test = useStepTest(graph, node, nodeType, data.execution?.id ?? null, readOnly);
  const isNote = nodeType?.kind === "note";

  useTestKey(root, () => useStepTests.getState().ask(node.id));
  useEscape(root, wide, () => setWide(false));
  useFieldFocus(root, node.id, (field) => {
    setTab(field === null || field.startsWith("parameters") ? "parameters" : "settings");
    setColumn("form");
  });

  const showResult = () => {
    setColumn("output");
    setTab("data");
  };
  // Widened, the output stands beside the form.
  const shownTab = wide && tab === "data" ? "parameters" : tab;
  const tabs: TabItem<Tab>[] = [
    { id: "parameters", label: t("parameters") },
    { id: "settings", label: t("settings") },
    ...(wide || isNote ? [] : [{ id: "data" as const, label: t("output"), extra: node.pinned && <span className={styles.pinMark} role="img" title={t("pinnedMark")} aria-label={t("pinnedMark")} /> }]),
    // Where there is too little room for all names, this one is told by its icon.
    { id: "help", label: t("help"), icon: <CircleQuestionMark size={15} aria-hidden /> },
  ];
  return (
    <aside
      ref={root}
      className={styles.panel}
      data-wide={wide || undefined}
      data-testid="properties-panel"
      aria-label={label}
      style={{ "--panel-width": `${width}px` } as CSSProperties}
    >
      {!wide && <ResizeHandle width={width} onChange={setWidth} min={320} max={760} />}
      <PanelHeader node={node} nodeType={nodeType} wide={wide} onWide={setWide} onClose={onClose} readOnly={readOnly} />
      {!isNote && <TestBar test={test} graph={graph} nodeType={nodeType} opened={shownId !== null} onBegin={showResult} />}
      {wide && (
        <div className={styles.columnTabs} role="group">
          {COLUMNS.map((one) => (
            <button key={one} type="button" aria-pressed={one === column} data-testid={`column-${one}`} onClick={() => setColumn(one)}>
              {t(one === "form" ? "parameters" : one)}
            </button>
          ))}
        </div>
      )}
      <div className={styles.columns} data-column={column}>
        {wide && <InputPane nodeId={node.id} graph={graph} nodeTypes={nodeTypes} data={data} />}
        <section className={styles.form} data-pane="form">
          <Tabs tabs={tabs} selected={shownTab} onSelect={setTab} label={label}>
            {!nodeType && shownTab !== "settings" && shownTab !== "data" && <p className={styles.notice}>{t("unknownType", { type: node.type })}</p>}
            {shownTab === "parameters" && nodeType && <ParametersForm graph={graph} node={node} nodeType={nodeType} scope={data.scope} readOnly={readOnly} />}
            {shownTab === "settings" && <NodeSettings node={node} nodeType={nodeType} readOnly={readOnly} />}
            {shownTab === "data" && <OutputPane node={node} graph={graph} nodeType={nodeType} execution={data.execution} test={test} readOnly={readOnly} schema={data.outputSchemas.get(node.id)} bare />}
            {shownTab === "help" && nodeType && <NodeHelp nodeType={nodeType} nodeId={node.id} />}
          </Tabs>
        </section>
        {wide && <OutputPane node={node} graph={graph} nodeType={nodeType} execution={data.execution} test={test} readOnly={readOnly} schema={data.outputSchemas.get(node.id)} />}
      </div>
    </aside>
  );
}

/** The key of a test works in fields as well, where those of the canvas do not. */
function useTestKey(root: React.RefObject<HTMLElement | null>, begin: () => void): void {
  const latest = useRef(begin);
  useEffect(() => {
    latest.current = begin;
  });
  useEffect(() => {
    const element = root.current;
    if (!element) return;
    const listen = (event: KeyboardEvent) => {
      if (event.key !== "Enter" || !event.shiftKey || !(event.ctrlKey || event.metaKey) || event.altKey) return;
      event.preventDefault();
      event.stopPropagation();
      latest.current();
    };
    element.addEventListener("keydown", listen, true);
    return () => element.removeEventListener("keydown", listen, true);
  }, [root]);
}

/** Escape narrows the panel, unless something inside of it has used the key. */
function useEscape(root: React.RefObject<HTMLElement | null>, enabled: boolean, onEscape: () => void): void {
  const latest = useRef(onEscape);
  useEffect(() => {
    latest.current = onEscape;
  });
  useEffect(() => {
    const element = root.current;
    if (!enabled || !element) return;
    const listen = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      event.stopPropagation();
      latest.current();
    };
    element.addEventListener("keydown", listen);
    return () => element.removeEventListener("keydown", listen);
  }, [root, enabled]);
}
