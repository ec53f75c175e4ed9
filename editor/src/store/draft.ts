/** Ties the store to the server: which draft is open, and that edits are saved. */
import { ApiProblem, describeError } from "../api/client";
import { patchWorkflow, readWorkflow } from "../api/workflows";
import { normalizeGraph } from "../graph/normalize";
import type { Graph } from "../graph/types";
import { Autosave } from "./autosave";
import { useEditor } from "./editorStore";

let autosave: Autosave | null = null;

/** Begin to save the open workflow by itself; the answer ends it and sends what is left. */
export function startAutosave(): () => void {
  const { workflow } = useEditor.getState();
  if (!workflow) return () => undefined;
  const id = workflow.id;
  let version = workflow.version;
  let latest: Graph | null = null;
  const mine = new Autosave({
    read: () => {
      const state = useEditor.getState();
      // The user may have opened another workflow while this one is still being sent.
      if (state.workflow?.id === id) {
        latest = state.graph;
        version = state.workflow.version;
      }
      return latest ? { graph: latest, version } : null;
    },
    save: (graph, at) => patchWorkflow(id, at, { name: graph.name, graph }),
    saved: (saved, graph) => {
      version = saved.version;
      const state = useEditor.getState();
      if (state.workflow?.id !== id) return;
      state.setWorkflow(saved);
      // Issues belong to the graph that was sent; newer edits bring newer ones.
      if (state.graph === graph) state.setIssues(saved.issues);
    },
    state: (saveState, problem) => {
      const state = useEditor.getState();
      if (state.workflow?.id === id) state.setSaveState(saveState, problem ? describeError(problem) : null);
    },
  });
  autosave = mine;
  const unsubscribe = useEditor.subscribe((state, before) => {
    if (state.workflow?.id !== id) return;
    if (state.graph && state.graph !== before.graph && before.workflow?.id === id && !state.readOnly) {
      latest = state.graph;
      mine.touch();
    }
  });
  const retry = () => void mine.flush();
  const warn = (event: BeforeUnloadEvent) => {
    if (!mine.isDirty) return;
    void mine.flush();
    event.preventDefault();
  };
  window.addEventListener("online", retry);
  window.addEventListener("beforeunload", warn);
  return () => {
    unsubscribe();
    window.removeEventListener("online", retry);
    window.removeEventListener("beforeunload", warn);
    void mine.dispose();
    if (autosave === mine) autosave = null;
  };
}

/** Save now; false when the draft could not be brought to the server. */
export async function saveNow(): Promise<boolean> {
  return autosave ? autosave.flush() : true;
}

/** Conflict: put my draft over the newer one; theirs stays reachable by undo. */
export async function keepMine(): Promise<void> {
  const { workflow } = useEditor.getState();
  if (!workflow) return;
  const theirs = await readWorkflow(workflow.id);
  const state = useEditor.getState();
  state.setWorkflow(theirs);
  // What was drawn while theirs was read is mine too.
  if (state.graph) {
    state.replaceGraph(normalizeGraph(theirs.graph));
    state.replaceGraph(state.graph);
  }
  autosave?.resume(true);
}

/** Conflict: take the newer draft; mine stays reachable by undo. */
export async function takeTheirs(): Promise<void> {
  const { workflow, graph } = useEditor.getState();
  if (!workflow) return;
  const theirs = await readWorkflow(workflow.id);
  const state = useEditor.getState();
  state.setWorkflow(theirs);
  if (graph) state.replaceGraph(normalizeGraph(theirs.graph));
  state.setIssues(theirs.issues);
  state.setSaveState("saved");
  autosave?.resume(false);
}

export function isConflict(error: unknown): boolean {
  return error instanceof ApiProblem && error.status === 412;
}
