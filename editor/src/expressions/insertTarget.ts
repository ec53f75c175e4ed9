/** The expression field that was focused last: where a clicked path of the data tree goes. */
import type { EditorView } from "@codemirror/view";
import { insertPath } from "./expressionExtensions";

let target: EditorView | null = null;

export function setInsertTarget(view: EditorView): void {
  target = view;
}

/** Insert at the cursor of the last focused field; false when there is none (any more). */
export function insertIntoTarget(path: string): boolean {
  if (!target?.dom.isConnected || target.state.readOnly) {
    target = null;
    return false;
  }
  insertPath(target, path);
  return true;
}
