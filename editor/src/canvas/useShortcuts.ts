import { useReactFlow } from "@xyflow/react";
import { useEffect } from "react";
import { routeStore } from "../island/route";
import { saveNow } from "../store/draft";
import { useEditor } from "../store/editorStore";
import { useStepTests } from "../store/stepTests";
import { useUi } from "../store/uiStore";
import { isTyping } from "./isTyping";
import { duplicateSelection } from "./useClipboard";
import { useTidy } from "./useTidy";
import { motionMs, wholeGraph } from "./motion";

/** Keys of the editor page. They work wherever the focus is, except in fields, dialogs and menus. */
export function useShortcuts(): void {
  const flow = useReactFlow();
  const tidy = useTidy();
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || isTyping(event) || useUi.getState().dialog || !isShown()) return;
      const action = actionOf(event);
      if (!action) return;
      event.preventDefault();
      const editor = useEditor.getState();
      const ui = useUi.getState();
      switch (action) {
        case "picker":
          ui.set({ picker: { at: null, position: null, from: null, into: null } });
          break;
        case "delete":
          editor.removeSelected();
          break;
        case "undo":
          editor.undo();
          break;
        case "redo":
          editor.redo();
          break;
        case "all":
          editor.selectNodes(editor.graph?.nodes.map((node) => node.id) ?? []);
          break;
        case "duplicate":
          duplicateSelection();
          break;
        case "save":
          void saveNow();
          break;
        case "run":
          ui.set({ dialog: "run" });
          break;
        case "test":
          if (editor.selection.length === 1 && editor.selection[0]) {
            ui.set({ formOpen: true, settingsOpen: false, quietNode: null });
            useStepTests.getState().ask(editor.selection[0]);
          }
          break;
        case "fit":
          void flow.fitView(wholeGraph());
          break;
        case "zoomIn":
          void flow.zoomIn({ duration: motionMs(150) });
          break;
        case "zoomOut":
          void flow.zoomOut({ duration: motionMs(150) });
          break;
        case "tidy":
          void tidy();
          break;
        case "open":
          if (editor.selection.length === 1) ui.set({ formOpen: true, settingsOpen: false });
          break;
        case "rename":
          if (editor.selection[0]) {
            ui.set({ formOpen: true, settingsOpen: false });
            editor.focusField(editor.selection[0], "name");
          }
          break;
        case "escape":
          if (ui.picker) ui.set({ picker: null });
          else editor.selectNodes([]);
          break;
        case "help":
          ui.set({ dialog: "shortcuts" });
          break;
      }
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [flow, tidy]);
}

function isShown(): boolean {
  return routeStore.getState().attached;
}

type Action =
  | "picker" | "delete" | "undo" | "redo" | "all" | "duplicate" | "save" | "run" | "test" | "fit" | "zoomIn" | "zoomOut" | "tidy" | "open" | "rename" | "escape" | "help";

/** Pure: what a key press means. `code` tells the key's place, so that they work on a Russian keyboard too. */
export function actionOf(event: Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "metaKey" | "shiftKey" | "altKey">): Action | null {
  const { key, code } = event;
  const command = event.ctrlKey || event.metaKey;
  if (command && event.altKey) return null;
  if (command) {
    if (code === "KeyZ") return event.shiftKey ? "redo" : "undo";
    if (event.shiftKey) return code === "Enter" ? "test" : null;
    const commands: Record<string, Action> = { KeyY: "redo", KeyA: "all", KeyD: "duplicate", KeyS: "save", Enter: "run" };
    return commands[code] ?? null;
  }
  if (event.altKey) return event.shiftKey && code === "KeyT" ? "tidy" : null;
  if (key === "+" || key === "=") return "zoomIn";
  if (key === "-" || key === "−") return "zoomOut";
  if (key === "?") return "help";
  if (event.shiftKey) return null;
  const plain: Record<string, Action> = { KeyN: "picker", Digit1: "fit", Delete: "delete", Backspace: "delete", Escape: "escape", F2: "rename", Enter: "open" };
  return plain[code] ?? plain[key] ?? null;
}
