/**
 * The editor's one store: the open workflow, its graph with history, selection, issues and the shown run.
 *
 * Actions live here and not in components, so that key presses, menus and tests use the same ones.
 */
import { create } from "zustand";
import type { Execution, Issue, NodeType, WorkflowDetail } from "../api/types";
import { normalizeGraph } from "../graph/normalize";
import { slugify, uniqueId } from "../graph/ids";
import { portsOf, portsOfNode } from "../graph/ports";
import * as edit from "../graph/edit";
import { pinNode } from "../graph/pins";
import { edgeId, nodeLabel, type Graph, type GraphEdge, type GraphNode, type GraphPin, type GraphPosition, type GraphSettings } from "../graph/types";
import { validateConnection, type Refusal } from "../graph/validateConnection";
import { emptyHistory, record, redo, undo, type History } from "./history";

export type SaveState = "saved" | "unsaved" | "saving" | "offline" | "conflict" | "refused";

export interface Focus {
  nodeId: string | null;
  field: string | null;
  /** Grows with each request, so that asking twice for the same field works twice. */
  at: number;
}

export interface EditorState {
  workflow: WorkflowDetail | null;
  graph: Graph | null;
  history: History<Graph>;
  selection: string[];
  selectedEdges: string[];
  issues: Issue[];
  nodeTypes: Map<string, NodeType>;
  saveState: SaveState;
  /** Why the last save failed, in the server's words. */
  saveError: string | null;
  execution: Execution | null;
  focus: Focus | null;
  /** The user may not edit, or the canvas shows what an old run ran. */
  readOnly: boolean;

  open: (workflow: WorkflowDetail) => void;
  /** Show a graph that belongs to no draft, to look at only. */
  showGraph: (graph: Graph | null) => void;
  close: () => void;
  setNodeTypes: (types: readonly NodeType[]) => void;
  setWorkflow: (workflow: WorkflowDetail) => void;
  setIssues: (issues: Issue[]) => void;
  setSaveState: (state: SaveState, error?: string | null) => void;
  setExecution: (execution: Execution | null) => void;
  setReadOnly: (readOnly: boolean) => void;

  addNode: (type: string, position: GraphPosition, options?: AddOptions) => string | null;
  updateNode: (id: string, patch: Partial<Omit<GraphNode, "id">>, mergeKey?: string) => void;
  setParameters: (id: string, parameters: Record<string, unknown>, mergeKey?: string) => void;
  renameNode: (id: string, name: string) => void;
  /** Sample data for tests and previews; null takes it away. */
  pinNode: (id: string, pin: GraphPin | null) => void;
  moveNodes: (positions: ReadonlyMap<string, GraphPosition>, mergeKey?: string) => void;
  removeNodes: (ids: readonly string[]) => void;
  removeEdges: (ids: readonly string[]) => void;
  removeSelected: () => void;
  connect: (edge: GraphEdge) => Refusal | null;
  checkConnection: (edge: GraphEdge) => Refusal | null;
  setSettings: (patch: Partial<GraphSettings>, mergeKey?: string) => void;
  renameWorkflow: (name: string) => void;
  insert: (fragment: edit.Fragment, shift: { x: number; y: number }) => void;
  replaceGraph: (graph: Graph) => void;

  undo: () => void;
  redo: () => void;
  selectNodes: (ids: readonly string[]) => void;
  setSelection: (nodes: readonly string[], edges: readonly string[]) => void;
  focusField: (nodeId: string | null, field: string | null) => void;
}

export interface AddOptions {
  /** Connect it after this port. */
  from?: { node: string; port: string } | null;
  /** Put it into this edge. */
  into?: GraphEdge | null;
  /** What to call it, in the user's language; the type's title when absent. */
  title?: string;
}

type Set = (patch: Partial<EditorState>) => void;
type Get = () => EditorState;

function makeApply(set: Set, get: Get) {
  return (change: (graph: Graph) => Graph, mergeKey: string | null = null): void => {
    const { graph, history, readOnly } = get();
    if (!graph || readOnly) return;
    const next = change(graph);
    if (next === graph) return;
    set({ graph: next, history: record(history, graph, mergeKey, Date.now()), saveState: pendingState(get().saveState) });
  };
}

// A conflict stays visible until the user has decided it.
function pendingState(state: SaveState): SaveState {
  return state === "conflict" ? "conflict" : "unsaved";
}

function onlyExisting(ids: readonly string[], graph: Graph): string[] {
  const nodes = new Set(graph.nodes.map((node) => node.id));
  return ids.filter((id) => nodes.has(id));
}

export const useEditor = create<EditorState>((set, get) => {
  const apply = makeApply(set, get);

  const travel = (step: typeof undo<Graph>) => {
    const { graph, history, selection, readOnly } = get();
    const moved = graph && !readOnly && step(history, graph);
    if (!moved) return;
    set({
      graph: moved.present,
      history: moved.history,
      selection: onlyExisting(selection, moved.present),
      selectedEdges: [],
      saveState: pendingState(get().saveState),
    });
  };

  return {
    workflow: null,
    graph: null,
    history: emptyHistory(),
    selection: [],
    selectedEdges: [],
    issues: [],
    nodeTypes: new Map(),
    saveState: "saved",
    saveError: null,
    execution: null,
    focus: null,
    readOnly: false,

    open: (workflow) => {
      set({
        workflow,
        graph: normalizeGraph(workflow.graph),
        history: emptyHistory(),
        selection: [],
        selectedEdges: [],
        issues: workflow.issues,
        saveState: "saved",
        saveError: null,
        execution: null,
        focus: null,
      });
    },
    showGraph: (graph) => {
      set({ workflow: null, graph, history: emptyHistory(), selection: [], selectedEdges: [], issues: [], saveState: "saved", saveError: null, focus: null, readOnly: true });
    },
    close: () => {
      set({ workflow: null, graph: null, history: emptyHistory(), selection: [], issues: [], execution: null, saveState: "saved", saveError: null });
    },
    setNodeTypes: (types) => {
      set({ nodeTypes: new Map(types.map((type) => [type.type, type])) });
    },
    setWorkflow: (workflow) => {
      set({ workflow });
    },
    setIssues: (issues) => {
      set({ issues });
    },
    setSaveState: (saveState, error = null) => {
      set({ saveState, saveError: error });
    },
    setExecution: (execution) => {
      set({ execution });
    },
    setReadOnly: (readOnly) => {
      set({ readOnly });
    },

    addNode: (type, position, options = {}) => {
      const { graph, nodeTypes, readOnly } = get();
      const nodeType = nodeTypes.get(type);
      if (!graph || !nodeType || readOnly) return null;
      const taken = new Set(graph.nodes.map((node) => node.id));
      const title = options.title ?? nodeType.title;
      const id = uniqueId(slugify(nodeType.title), taken);
      const node: GraphNode = {
        id,
        type,
        type_version: nodeType.version,
        name: freeName(title, graph),
        parameters: structuredClone(nodeType.default_parameters),
        position: { x: Math.round(position.x), y: Math.round(position.y) },
        retry: null,
        timeout_s: null,
        notes: "",
      };
      // A note takes no part in runs, so nothing leads to it.
      apply((current) => edit.placeNode(current, node, nodeType.kind === "action" ? options : {}, portsOf(nodeType, node.parameters)[0]?.id ?? null));
      set({ selection: [id], selectedEdges: [] });
      return id;
    },
    updateNode: (id, patch, mergeKey) => {
      apply((graph) => edit.updateNode(graph, id, patch), mergeKey ?? null);
    },
    setParameters: (id, parameters, mergeKey) => {
      const { nodeTypes } = get();
      apply((graph) => {
        const gone = new Set(portsOfNode(graph, nodeTypes, id).map((port) => port.id));
        const next = edit.updateNode(graph, id, { parameters });
        for (const port of portsOfNode(next, nodeTypes, id)) gone.delete(port.id);
        // An edge from a port that is gone leads nowhere; undo brings both back.
        return gone.size === 0 ? next : { ...next, edges: next.edges.filter((edge) => edge.source !== id || !gone.has(edge.source_port)) };
      }, mergeKey ?? null);
    },
    renameNode: (id, name) => {
      apply((graph) => edit.updateNode(graph, id, { name }), `rename:${id}`);
    },
    pinNode: (id, pin) => {
      apply((graph) => pinNode(graph, id, pin));
    },
    moveNodes: (positions, mergeKey) => {
      if (positions.size > 0) apply((graph) => edit.moveNodes(graph, positions), mergeKey ?? null);
    },
    removeNodes: (ids) => {
      const gone = new Set(ids);
      if (gone.size === 0) return;
      apply((graph) => edit.removeNodes(graph, gone));
      set({ selection: get().selection.filter((id) => !gone.has(id)) });
    },
    removeEdges: (ids) => {
      const gone = new Set(ids);
      apply((graph) => edit.removeEdges(graph, gone));
      set({ selectedEdges: get().selectedEdges.filter((id) => !gone.has(id)) });
    },
    removeSelected: () => {
      const { selection, selectedEdges } = get();
      const nodes = new Set(selection);
      const edges = new Set(selectedEdges);
      if (nodes.size + edges.size === 0) return;
      apply((graph) => edit.removeEdges(edit.removeNodes(graph, nodes), edges));
      set({ selection: [], selectedEdges: [] });
    },
    checkConnection: (edge) => {
      const { graph, nodeTypes } = get();
      if (!graph) return "no-such-node";
      const typeOf = (id: string) => nodeTypes.get(graph.nodes.find((node) => node.id === id)?.type ?? "");
      return validateConnection(graph, edge, {
        isTrigger: (id) => typeOf(id)?.kind === "trigger",
        isNote: (id) => typeOf(id)?.kind === "note",
        portsOf: (id) => (typeOf(id) ? portsOfNode(graph, nodeTypes, id).map((port) => port.id) : null),
      });
    },
    connect: (edge) => {
      const refusal = get().checkConnection(edge);
      if (!refusal) apply((graph) => ({ ...graph, edges: [...graph.edges, edge] }));
      return refusal;
    },
    setSettings: (patch, mergeKey) => {
      apply((graph) => ({ ...graph, settings: { ...graph.settings, ...patch } }), mergeKey ?? null);
    },
    renameWorkflow: (name) => {
      apply((graph) => ({ ...graph, name }), "rename-workflow");
    },
    insert: (fragment, shift) => {
      const { graph } = get();
      if (!graph || fragment.nodes.length === 0) return;
      const inserted = edit.insertFragment(graph, fragment, shift);
      apply(() => inserted.graph);
      set({ selection: inserted.ids, selectedEdges: [] });
    },
    replaceGraph: (graph) => {
      apply(() => graph);
      set({ selection: [], selectedEdges: [] });
    },

    undo: () => {
      travel(undo);
    },
    redo: () => {
      travel(redo);
    },
    selectNodes: (ids) => {
      set({ selection: [...ids], selectedEdges: [] });
    },
    setSelection: (nodes, edges) => {
      set({ selection: [...nodes], selectedEdges: [...edges] });
    },
    focusField: (nodeId, field) => {
      set({ focus: { nodeId, field, at: (get().focus?.at ?? 0) + 1 }, ...(nodeId ? { selection: [nodeId], selectedEdges: [] } : {}) });
    },
  };
});

function freeName(title: string, graph: Graph): string {
  return uniqueName(title, new Set(graph.nodes.map(nodeLabel)));
}

function uniqueName(wanted: string, taken: ReadonlySet<string>): string {
  let name = wanted;
  for (let number = 2; taken.has(name); number++) name = `${wanted} ${number}`;
  return name;
}

/** The node that the properties panel shows: the only selected one. */
export function selectedNodeId(state: EditorState): string | null {
  return state.selection.length === 1 ? (state.selection[0] ?? null) : null;
}

export { edgeId };
