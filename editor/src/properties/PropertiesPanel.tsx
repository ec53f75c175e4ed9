import { useEffect, useRef, useState, type CSSProperties } from "react";
import { Tabs, type TabItem } from "../components/Tabs";
import type { Graph, GraphNode } from "../graph/types";
import { useMessages } from "../i18n/useMessages";
import { useEditor } from "../store/editorStore";
import { InputPane } from "./InputPane";
import { propertiesMessages } from "./messages";
import { NodeHelp } from "./NodeHelp";
import { NodeSettings } from "./NodeSettings";
import { OutputPane } from "./OutputPane";
import { PanelHeader } from "./PanelHeader";
import { ParametersForm } from "./ParametersForm";
import styles from "./properties.module.css";
import { ResizeHandle } from "./ResizeHandle";
import { useFieldFocus } from "./useFieldFocus";
import { useNodeData } from "./useNodeData";
import { useStoredState } from "./useStoredState";

export interface PropertiesPanelProps {
  nodeId: string;
  onClose: () => void;
  readOnly?: boolean;
}

type Tab = "parameters" | "settings" | "help";
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

  useEscape(root, wide, () => setWide(false));
  useFieldFocus(root, node.id, (field) => {
    setTab(field === null || field.startsWith("parameters") ? "parameters" : "settings");
    setColumn("form");
  });

  const tabs: TabItem<Tab>[] = [
    { id: "parameters", label: t("parameters") },
    { id: "settings", label: t("settings") },
    { id: "help", label: t("help") },
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
          <Tabs tabs={tabs} selected={tab} onSelect={setTab} label={label}>
            {!nodeType && tab !== "settings" && <p className={styles.notice}>{t("unknownType", { type: node.type })}</p>}
            {tab === "parameters" && nodeType && <ParametersForm graph={graph} node={node} nodeType={nodeType} scope={data.scope} readOnly={readOnly} />}
            {tab === "settings" && <NodeSettings node={node} nodeType={nodeType} readOnly={readOnly} />}
            {tab === "help" && nodeType && <NodeHelp nodeType={nodeType} nodeId={node.id} />}
          </Tabs>
        </section>
        {wide && <OutputPane node={node} graph={graph} nodeType={nodeType} execution={data.execution} schema={data.outputSchemas.get(node.id)} />}
      </div>
    </aside>
  );
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
