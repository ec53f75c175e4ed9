import { useEffect, useRef } from "react";
import { fieldPath, type Path } from "../schema/paths";
import { useEditor } from "../store/editorStore";
import { useForm } from "./formContext";

// A field that no form shows (part of a document) is not waited for any longer.
const MAX_FRAMES = 12;

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
    // The tab is drawn by the next frame; sections and rows around the field open one after the other.
    let frames = 0;
    let frame = requestAnimationFrame(function look() {
      const target = root.current && findField(root.current, focus.field);
      frames += 1;
      if (frames < MAX_FRAMES && target?.dataset["field"] !== focus.field) {
        frame = requestAnimationFrame(look);
        return;
      }
      if (!target) return;
      target.scrollIntoView({ block: "center" });
      target.querySelector<HTMLElement>("input, select, textarea, .cm-content, button")?.focus({ preventScroll: true });
    });
    return () => cancelAnimationFrame(frame);
  }, [focus, nodeId, root]);
}

/**
 * Open what hides a field, when something points at the field or at a part of it.
 *
 * :param paths: of the fields that are hidden while it is closed
 */
export function useOpenOnFocus(paths: readonly Path[], open: () => void): void {
  const { formId } = useForm();
  const focus = useEditor((state) => state.focus);
  const latest = useRef({ paths, open });
  useEffect(() => {
    latest.current = { paths, open };
  });
  useEffect(() => {
    if (!focus?.field || !formId.endsWith(`/${focus.nodeId}`)) return;
    const field = focus.field;
    const inside = latest.current.paths.map(fieldPath).some((path) => field === path || field.startsWith(`${path}.`));
    if (inside) latest.current.open();
  }, [focus, formId]);
}

/** The element of the field, or of the nearest one around it. */
export function findField(root: HTMLElement, field: string | null): HTMLElement | null {
  for (let path = field ?? ""; path !== ""; path = path.slice(0, Math.max(0, path.lastIndexOf(".")))) {
    const found = root.querySelector<HTMLElement>(`[data-field="${CSS.escape(path)}"]`);
    if (found) return found;
  }
  return null;
}
