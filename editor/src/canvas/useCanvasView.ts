import { useReactFlow } from "@xyflow/react";
import { useCallback, useEffect, useRef, type RefObject } from "react";
import { NODE_HEIGHT, NODE_WIDTH } from "../graph/ports";
import { openingView, reveal, type Box } from "../graph/view";
import { selectedNodeId, useEditor } from "../store/editorStore";
import type { StepEdge, StepNode } from "./flowShapes";
import { motionMs } from "./motion";

/** Long enough for a double click on a node: it must not slide away between the two. */
const SETTLE_MS = 320;

/**
 * Keeps what matters in view: the graph at first, and when panels take room from the canvas the selected node.
 * A view that the user has chosen is otherwise left alone.
 */
export function useCanvasView(area: RefObject<HTMLElement | null>) {
  const flow = useReactFlow<StepNode, StepEdge>();
  const untouched = useRef(true);
  const pressed = useRef(false);
  const ready = useRef(false);

  const open = useCallback(() => {
    const size = area.current?.getBoundingClientRect();
    if (!size || size.width === 0) return;
    ready.current = true;
    void flow.setViewport(openingView(flow.getNodes().map(boxOf), size));
  }, [area, flow]);

  useEffect(() => {
    const element = area.current;
    if (!element) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let before = { width: 0, height: 0 };
    const showSelected = () => {
      if (pressed.current) {
        timer = setTimeout(showSelected, SETTLE_MS);
        return;
      }
      const id = selectedNodeId(useEditor.getState());
      const node = id === null ? undefined : flow.getNode(id);
      if (!node) return;
      const view = flow.getViewport();
      const next = reveal(view, boxOf(node), element.getBoundingClientRect());
      if (next !== view) void flow.setViewport(next, { duration: motionMs() });
    };
    const observer = new ResizeObserver(([entry]) => {
      const size = entry?.contentRect;
      // Taken out of the page (the user is elsewhere in Airflow) it has no size at all.
      if (!size || size.width === 0 || size.height === 0) return;
      const was = before;
      before = { width: size.width, height: size.height };
      // It was opened before it had a size.
      if (!ready.current) open();
      if (was.width === 0 || !ready.current) return;
      if (was.height !== size.height && was.width === size.width && untouched.current) open();
      clearTimeout(timer);
      timer = setTimeout(showSelected, SETTLE_MS);
    });
    observer.observe(element);
    // Chosen elsewhere: in the list of problems, among a run's steps.
    const unsubscribe = useEditor.subscribe((state, before) => {
      if (selectedNodeId(state) === selectedNodeId(before)) return;
      clearTimeout(timer);
      timer = setTimeout(showSelected, SETTLE_MS);
    });
    const press = () => (pressed.current = true);
    const release = () => (pressed.current = false);
    element.addEventListener("pointerdown", press);
    window.addEventListener("pointerup", release);
    window.addEventListener("pointercancel", release);
    return () => {
      clearTimeout(timer);
      unsubscribe();
      observer.disconnect();
      element.removeEventListener("pointerdown", press);
      window.removeEventListener("pointerup", release);
      window.removeEventListener("pointercancel", release);
    };
  }, [area, flow, open]);

  // React Flow tells no event when the view is moved by a program.
  const onMoveStart = useCallback((event: MouseEvent | TouchEvent | null) => {
    if (event) untouched.current = false;
  }, []);
  return { open, onMoveStart };
}

function boxOf(node: StepNode): Box {
  return { ...node.position, width: node.measured?.width ?? NODE_WIDTH, height: node.measured?.height ?? NODE_HEIGHT };
}
