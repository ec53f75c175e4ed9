import { Handle, Position, type NodeProps } from "@xyflow/react";
import { CircleAlert, Pin, Plus, StickyNote, TriangleAlert, Zap } from "lucide-react";
import { memo } from "react";
import { classes } from "../components/classes";
import { issueText } from "../components/issueText";
import { NodeIcon } from "../components/NodeIcon";
import { stateMessages } from "../components/stateMessages";
import { nodeSummary } from "../graph/nodeSummary";
import { NODE_WIDTH, placePorts, portsOf, type PlacedPort } from "../graph/ports";
import { stepOf } from "../graph/runOverlay";
import { nodeLabel, type GraphNode } from "../graph/types";
import { useLocale, useMessages } from "../i18n/useMessages";
import { useEditor } from "../store/editorStore";
import { useUi } from "../store/uiStore";
import { groupColor } from "../theme/groupColor";
import type { StepNode as StepNodeShape } from "./flowShapes";
import { canvasMessages } from "./messages";
import { NoteNode } from "./NoteNode";
import { RunMark } from "./RunMark";
import styles from "./StepNode.module.css";

/** A node of the workflow as it is drawn: a note, or a step. */
export const StepNode = memo(function StepNode(props: NodeProps<StepNodeShape>) {
  const isNote = useEditor((state) => state.nodeTypes.get(props.data.node.type)?.kind === "note");
  return isNote ? <NoteNode node={props.data.node} selected={props.selected} /> : <Step {...props} />;
});

function Step({ data, selected }: NodeProps<StepNodeShape>) {
  const { node } = data;
  const t = useMessages(canvasMessages);
  const states = useMessages(stateMessages);
  const locale = useLocale();
  const type = useEditor((state) => state.nodeTypes.get(node.type));
  const step = useEditor((state) => stepOf(state.execution, node.id));
  const { ports, height } = placePorts(portsOf(type, node.parameters));
  const isTrigger = type?.kind === "trigger";
  const name = nodeLabel(node);
  const title = type ? (locale.startsWith("ru") && type.title_ru) || type.title : node.type;
  const summary = type ? nodeSummary(type, node.parameters) || title : `${node.type}: ${t("unknownTypeSummary")}`;
  return (
    <div
      className={classes(styles.node, isTrigger && styles.trigger, selected && styles.selected, !type && styles.unknown)}
      style={{ width: NODE_WIDTH, height, ["--ff-tile" as string]: groupColor(type?.group ?? "") }}
      role="group"
      aria-label={t("node", { name, type: title, state: step ? states(step.state) : "" })}
      data-testid={`node-${node.id}`}
      data-state={step?.state}
      data-selected={selected || undefined}
    >
      {!isTrigger && <Handle type="target" id="in" position={Position.Left} className={styles.handle} data-testid={`in-${node.id}`} aria-label={t("input", { name })} />}
      <span className={styles.icon}>
        <NodeIcon name={type?.icon ?? "blocks"} size={22} />
        {isTrigger && (
          <span className={styles.bolt} title={t("starts")}>
            <Zap size={11} aria-hidden />
          </span>
        )}
      </span>
      <span className={styles.text}>
        <span className={styles.name} title={name} data-testid={`node-name-${node.id}`}>
          {name}
        </span>
        <span className={styles.summary} title={summary}>
          {summary}
        </span>
      </span>
      <IssueMark nodeId={node.id} />
      {node.notes && (
        <span className={styles.note} title={node.notes.slice(0, 400)} aria-label={t("noted")}>
          <StickyNote size={12} aria-hidden />
        </span>
      )}
      {node.pinned && (
        <span className={styles.pin} title={t("pinned")} role="img" aria-label={t("pinned")} data-testid={`node-pinned-${node.id}`}>
          <Pin size={12} aria-hidden />
        </span>
      )}
      {ports.map((port) => (
        <PortHandle key={port.id} node={node} port={port} single={ports.filter((other) => other.id !== "error").length === 1} />
      ))}
      {step && <RunMark step={step} />}
    </div>
  );
}

function IssueMark({ nodeId }: { nodeId: string }) {
  const t = useMessages(canvasMessages);
  const errors = useEditor((state) => state.issues.filter((issue) => issue.node_id === nodeId && issue.severity === "error").length);
  const warnings = useEditor((state) => state.issues.filter((issue) => issue.node_id === nodeId && issue.severity === "warning").length);
  const first = useEditor((state) => state.issues.find((issue) => issue.node_id === nodeId));
  const locale = useLocale();
  if (errors + warnings === 0) return null;
  const Icon = errors > 0 ? CircleAlert : TriangleAlert;
  return (
    <span
      className={classes(styles.issues, errors === 0 && styles.warning)}
      title={first && issueText(first, locale)}
      role="img"
      aria-label={t("issues", { count: errors + warnings })}
      data-testid={`node-issues-${nodeId}`}
    >
      <Icon size={13} aria-hidden />
      {errors + warnings > 1 && errors + warnings}
    </span>
  );
}

// Children are placed from the inner side of the border.
const BORDER = 1;
const KNOWN_PORTS = new Set(["success", "error", "true", "false", "default", "item", "done"]);

export function usePortLabel(): (port: { id: string; label: string }) => string {
  const t = useMessages(canvasMessages);
  return (port) => (KNOWN_PORTS.has(port.id) ? t(`port_${port.id as "success"}`) : port.label);
}

function PortHandle({ node, port, single }: { node: GraphNode; port: PlacedPort; single: boolean }) {
  const t = useMessages(canvasMessages);
  const labelOf = usePortLabel();
  const connected = useEditor((state) => state.graph?.edges.some((edge) => edge.source === node.id && edge.source_port === port.id) ?? false);
  const readOnly = useEditor((state) => state.readOnly);
  const name = nodeLabel(node);
  const quiet = port.id === "error" && !connected;
  const label = labelOf(port);
  return (
    <>
      <Handle
        type="source"
        id={port.id}
        position={Position.Right}
        className={classes(styles.handle, port.id === "error" && styles.error, quiet && styles.quiet)}
        style={{ top: port.top - BORDER }}
        data-testid={`port-${node.id}-${port.id}`}
        aria-label={t("output", { port: label, name })}
        title={port.description || label}
      />
      <span className={classes(styles.port, quiet && styles.quiet, single && port.id !== "error" && styles.plain, connected && styles.connected)} style={{ top: port.top - BORDER }}>
        <span className={styles.label}>{label}</span>
        {!connected && !readOnly && (
          <button
            type="button"
            className={classes(styles.add, "nodrag", "nopan")}
            aria-label={t("addAfter", { name, port: label })}
            data-testid={`add-after-${node.id}-${port.id}`}
            onClick={(event) => {
              event.stopPropagation();
              const box = event.currentTarget.getBoundingClientRect();
              useUi.getState().set({ picker: { at: { x: box.right, y: box.top }, position: null, from: { node: node.id, port: port.id }, into: null } });
            }}
          >
            <Plus size={14} aria-hidden />
          </button>
        )}
      </span>
    </>
  );
}
