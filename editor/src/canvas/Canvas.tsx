import {
  applyNodeChanges,
  Background,
  BackgroundVariant,
  MiniMap,
  ReactFlow,
  useReactFlow,
  useStore,
  type Connection,
  type EdgeChange,
  type NodeChange,
  type OnConnectEnd,
} from "@xyflow/react";
import { useCallback, useEffect, useMemo, useRef, useState, type DragEvent, type MouseEvent } from "react";
import { groupColor } from "../theme/groupColor";
import { NODE_HEIGHT, NODE_WIDTH, portsOfNode } from "../graph/ports";
import type { Graph } from "../graph/types";
import { useMessages } from "../i18n/useMessages";
import { rootNode } from "../island/portal";
import { useEditor } from "../store/editorStore";
import { useUi } from "../store/uiStore";
import { CanvasControls } from "./CanvasControls";
import { CanvasMenu, type MenuRequest } from "./CanvasMenu";
import { ConnectionHint } from "./ConnectionHint";
import { LoopFrames } from "./LoopFrames";
import { NODE_TYPE_MIME } from "../graph/dragType";
import { toFlowEdges, toFlowNodes, toGraphEdge, type StepEdge, type StepNode } from "./flowShapes";
import { edgeTypes, nodeTypes } from "./flowTypes";
import { canvasMessages } from "./messages";
import styles from "./Canvas.module.css";
import { useAddNode } from "./useAddNode";
import { useCanvasView } from "./useCanvasView";
import { useClipboard } from "./useClipboard";
import { useRefusal } from "./useRefusal";
import { useShortcuts } from "./useShortcuts";

export interface CanvasProps {
  graph: Graph;
  /** On phones there is no room for a map. */
  narrow: boolean;
}

/** The drawing: nodes, edges, and everything that the mouse and the keyboard do to them. */
export function Canvas({ graph, narrow }: CanvasProps) {
  const t = useMessages(canvasMessages);
  const flow = useReactFlow<StepNode, StepEdge>();
  const roomForMap = useStore(hasRoomForMap);
  const selection = useEditor((state) => state.selection);
  const selectedEdges = useEditor((state) => state.selectedEdges);
  const readOnly = useEditor((state) => state.readOnly);
  const [nodes, setNodes] = useState<StepNode[]>(() => toFlowNodes(graph, selection, []));
  const edgesBefore = useRef<StepEdge[]>([]);
  const edges = useMemo(() => {
    edgesBefore.current = toFlowEdges(graph, selectedEdges, edgesBefore.current);
    return edgesBefore.current;
  }, [graph, selectedEdges]);
  const [menu, setMenu] = useState<MenuRequest | null>(null);
  const { refusal, refuse, textOf } = useRefusal();
  const add = useAddNode();
  const area = useRef<HTMLDivElement>(null);
  const { open, onMoveStart } = useCanvasView(area);
  useShortcuts();
  useClipboard();

  useEffect(() => {
    setNodes((known) => toFlowNodes(graph, selection, known));
  }, [graph, selection]);

  const onNodesChange = useCallback((changes: NodeChange<StepNode>[]) => {
    const state = useEditor.getState();
    const picked = applySelection(state.selection, changes);
    if (picked) state.setSelection(picked, state.selectedEdges);
    const own = changes.filter((change) => change.type === "position" || change.type === "dimensions");
    if (own.length > 0) setNodes((known) => applyNodeChanges(own, known));
    const moved = new Map<string, { x: number; y: number }>();
    for (const change of own) {
      if (change.type !== "position" || change.dragging || !change.position) continue;
      const node = state.graph?.nodes.find((other) => other.id === change.id);
      if (node && (node.position.x !== Math.round(change.position.x) || node.position.y !== Math.round(change.position.y))) moved.set(change.id, change.position);
    }
    state.moveNodes(moved, "move");
  }, []);

  const onEdgesChange = useCallback((changes: EdgeChange<StepEdge>[]) => {
    const state = useEditor.getState();
    const picked = applySelection(state.selectedEdges, changes);
    if (picked) state.setSelection(state.selection, picked);
  }, []);

  const connect = useCallback(
    (connection: Connection) => {
      const edge = toGraphEdge(connection);
      if (!edge) return;
      const why = useEditor.getState().connect(edge);
      if (why) refuse(why, edge);
    },
    [refuse],
  );

  const onConnectEnd = useCallback<OnConnectEnd>(
    (event, state) => {
      if (state.isValid || !state.fromNode || !state.fromHandle) return;
      const point = "changedTouches" in event ? event.changedTouches[0] : event;
      if (!point) return;
      const backwards = state.fromHandle.type === "target";
      const hit = rootNode().elementFromPoint(point.clientX, point.clientY);
      const other = state.toNode?.id ?? hit?.closest<HTMLElement>(".react-flow__node")?.dataset["id"];
      if (other) {
        // Let go over a node's body: that means its input, or, drawn backwards, its usual output.
        const source = backwards ? other : state.fromNode.id;
        const target = backwards ? state.fromNode.id : other;
        const port = backwards ? usualPort(other) : (state.fromHandle.id ?? "success");
        if (source !== target || state.toHandle) connect({ source, sourceHandle: port, target, targetHandle: "in" });
        return;
      }
      if (backwards || !hit?.closest(".react-flow__pane")) return;
      const position = flow.screenToFlowPosition({ x: point.clientX, y: point.clientY });
      useUi.getState().set({
        picker: {
          at: { x: point.clientX, y: point.clientY },
          position: { x: position.x, y: position.y - NODE_HEIGHT / 2 },
          from: { node: state.fromNode.id, port: state.fromHandle.id ?? "success" },
          into: null,
        },
      });
    },
    [connect, flow],
  );

  const onDrop = (event: DragEvent) => {
    const type = event.dataTransfer.getData(NODE_TYPE_MIME);
    if (!type) return;
    event.preventDefault();
    const position = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
    add(type, { position: { x: position.x - NODE_WIDTH / 2, y: position.y - NODE_HEIGHT / 2 } });
  };
  const openMenu = (event: MouseEvent | globalThis.MouseEvent, target: MenuRequest["target"]) => {
    event.preventDefault();
    setMenu({ at: { x: event.clientX, y: event.clientY }, position: flow.screenToFlowPosition({ x: event.clientX, y: event.clientY }), target });
  };
  return (
    <div ref={area} className={styles.canvas} data-testid="canvas">
      <ReactFlow<StepNode, StepEdge>
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        onNodesChange={onNodesChange}
        onEdgesChange={onEdgesChange}
        onConnect={connect}
        onConnectEnd={onConnectEnd}
        isValidConnection={(connection) => {
          const edge = toGraphEdge({ source: connection.source, sourceHandle: connection.sourceHandle ?? null, target: connection.target });
          return edge !== null && useEditor.getState().checkConnection(edge) === null;
        }}
        onNodeContextMenu={(event, node) => {
          if (!useEditor.getState().selection.includes(node.id)) useEditor.getState().selectNodes([node.id]);
          openMenu(event, { kind: "node", id: node.id });
        }}
        onEdgeContextMenu={(event, edge) => {
          if (edge.data) openMenu(event, { kind: "edge", edge: edge.data.edge });
        }}
        onPaneContextMenu={(event) => {
          openMenu(event, { kind: "pane" });
        }}
        onNodeClick={() => {
          useUi.getState().set({ quietNode: null });
        }}
        onNodeDoubleClick={() => {
          useUi.getState().set({ formOpen: true, settingsOpen: false });
        }}
        onDragOver={(event) => {
          if (!event.dataTransfer.types.includes(NODE_TYPE_MIME) || readOnly) return;
          event.preventDefault();
          event.dataTransfer.dropEffect = "copy";
        }}
        onDrop={onDrop}
        nodesDraggable={!readOnly}
        nodesConnectable={!readOnly}
        nodesFocusable
        edgesFocusable
        deleteKeyCode={null}
        multiSelectionKeyCode={["Meta", "Control", "Shift"]}
        selectionKeyCode="Shift"
        panOnScroll
        zoomOnDoubleClick={false}
        connectionRadius={32}
        minZoom={0.15}
        maxZoom={1.75}
        onInit={open}
        onMoveStart={onMoveStart}
        onlyRenderVisibleElements={nodes.length > 120}
        elevateEdgesOnSelect
        proOptions={{ hideAttribution: true }}
        aria-label={t("canvas")}
      >
        <Background variant={BackgroundVariant.Dots} gap={22} size={1.6} />
        <LoopFrames graph={graph} nodes={nodes} />
        {!narrow && roomForMap && graph.nodes.length > 0 && (
          <MiniMap<StepNode> pannable zoomable ariaLabel={t("minimap")} className={styles.map ?? ""} nodeColor={mapColor} nodeStrokeWidth={0} nodeBorderRadius={12} style={MAP} />
        )}
      </ReactFlow>
      <CanvasControls narrow={narrow} />
      <ConnectionHint refusal={refusal} textOf={textOf} />
      {graph.nodes.length === 0 && (
        <div className={styles.empty}>
          <strong>{t("emptyTitle")}</strong>
          <p>{t("emptyText")}</p>
        </div>
      )}
      {menu && <CanvasMenu request={menu} onClose={() => setMenu(null)} />}
    </div>
  );
}

/** A low canvas, above an open panel, would lie under its own map. */
function hasRoomForMap({ width, height }: { width: number; height: number }): boolean {
  return width >= 560 && height >= 440;
}

const MAP = { width: 164, height: 108 };

/** The selection after React Flow's changes; null when they do not touch it. */
function applySelection(selection: readonly string[], changes: readonly (NodeChange<StepNode> | EdgeChange<StepEdge>)[]): string[] | null {
  const next = new Set(selection);
  let touched = false;
  for (const change of changes) {
    if (change.type !== "select" || change.selected === next.has(change.id)) continue;
    touched = true;
    if (change.selected) next.add(change.id);
    else next.delete(change.id);
  }
  return touched ? [...next] : null;
}

function usualPort(nodeId: string): string {
  const { graph, nodeTypes: types } = useEditor.getState();
  return portsOfNode(graph, types, nodeId)[0]?.id ?? "success";
}

function mapColor(node: StepNode): string {
  return groupColor(useEditor.getState().nodeTypes.get(node.data.node.type)?.group ?? "");
}
