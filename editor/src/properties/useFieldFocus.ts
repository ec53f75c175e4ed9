import { useEffect, useRef } from "react";
import { useEditor } from "../store/editorStore";

/** Bring a field that something else points at (an issue) into view, once its tab is open. */
export function useFieldFocus(root: React.RefObject<HTMLElement | null>, nodeId: string, onOpen: (field: string | null) => void): void {
  const focus = useEditor((state) => state.focus);
  const open = useRef(onOpen);
  useEffect(() => {
    open.current = onOpen;
  });
  useEffect(() => {
    if (focus?.nodeId !== nodeId) return;
    open.current(focus.field);
    // The tab is drawn by the next frame.
    const frame = requestAnimationFrame(() => {
      const target = root.current && findField(root.current, focus.field);
      if (!target) return;
      target.scrollIntoView({ block: "center" });
      target.querySelector<HTMLElement>("input, select, textarea, .cm-content, button")?.focus({ preventScroll: true });
    });
    return () => cancelAnimationFrame(frame);
  }, [focus, nodeId, root]);
}

/** The element of the field, or of the nearest one around it. */
export function findField(root: HTMLElement, field: string | null): HTMLElement | null {
  for (let path = field ?? ""; path !== ""; path = path.slice(0, Math.max(0, path.lastIndexOf(".")))) {
    const found = root.querySelector<HTMLElement>(`[data-field="${CSS.escape(path)}"]`);
    if (found) return found;
  }
  return null;
}
