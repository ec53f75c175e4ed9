import { useEffect } from "react";
import { useExecution } from "../api/queries";
import type { Execution } from "../api/types";
import { sameRun } from "../graph/compare";
import { normalizeGraph } from "../graph/normalize";
import type { Graph } from "../graph/types";
import { useEditor } from "../store/editorStore";

export interface ShownExecution {
  execution: Execution | null;
  /** What the canvas draws instead of the draft: the graph that ran, where it differs. */
  replayed: Graph | null;
}

const graphs = new WeakMap<object, Graph>();

function graphOf(execution: Execution): Graph | null {
  if (!execution.graph) return null;
  let graph = graphs.get(execution.graph);
  if (!graph) {
    graph = normalizeGraph(execution.graph);
    graphs.set(execution.graph, graph);
  }
  return graph;
}

/** The execution of the address, live, and what to draw with it. */
export function useShownExecution(executionId: string | null): ShownExecution {
  const query = useExecution(executionId);
  const execution = executionId ? (query.data ?? null) : null;
  const draft = useEditor((state) => state.graph);
  useEffect(() => {
    useEditor.getState().setExecution(execution);
  }, [execution]);
  useEffect(() => () => useEditor.getState().setExecution(null), []);
  const ran = execution ? graphOf(execution) : null;
  return { execution, replayed: ran && draft && !sameRun(ran, draft) ? ran : null };
}
