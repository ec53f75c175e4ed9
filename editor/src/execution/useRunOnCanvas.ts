import { useEffect, useMemo, useRef } from "react";
import { useNodeTypes } from "../api/queries";
import type { Execution } from "../api/types";
import { normalizeGraph } from "../graph/normalize";
import type { Graph } from "../graph/types";
import { selectedNodeId, useEditor } from "../store/editorStore";
import { useUi } from "../store/uiStore";

/** Let the canvas show what ran, to look at only, with a step chosen; `onPick` hears of nodes that are clicked there. */
export function useRunOnCanvas(execution: Execution, step: string | null, onPick: (nodeId: string) => void): Graph | null {
  const types = useNodeTypes();
  // Every answer brings the graph anew, and it is the same as long as it says the same.
  const text = execution.graph ? JSON.stringify(execution.graph) : null;
  const graph = useMemo(() => (text === null ? null : normalizeGraph(JSON.parse(text) as NonNullable<Execution["graph"]>)), [text]);
  const picked = useEditor((state) => (state.graph === graph ? selectedNodeId(state) : null));
  const latest = useRef({ step, onPick });
  useEffect(() => {
    latest.current = { step, onPick };
  });

  useEffect(() => {
    if (types.data) useEditor.getState().setNodeTypes(types.data);
  }, [types.data]);
  useEffect(() => {
    useEditor.getState().showGraph(graph);
    return () => {
      useEditor.getState().close();
      useUi.getState().set({ picker: null, dialog: null, settingsOpen: false, formOpen: false, bottomOpen: false });
    };
  }, [graph]);
  useEffect(() => {
    useEditor.getState().setExecution(execution);
  }, [execution, graph]);
  useEffect(() => {
    const editor = useEditor.getState();
    if (step !== null && selectedNodeId(editor) !== step && graph?.nodes.some((node) => node.id === step)) editor.selectNodes([step]);
  }, [step, graph]);
  useEffect(() => {
    if (picked !== null && picked !== latest.current.step) latest.current.onPick(picked);
  }, [picked]);
  return graph;
}
