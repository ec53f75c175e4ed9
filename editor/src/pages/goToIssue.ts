import type { Issue } from "../api/types";
import { useEditor } from "../store/editorStore";
import { useUi } from "../store/uiStore";

/** Select what an issue is about and open the field that mends it. */
export function goToIssue(issue: Issue): void {
  const editor = useEditor.getState();
  if (issue.node_id) {
    useUi.getState().set({ formOpen: true, settingsOpen: false });
    editor.focusField(issue.node_id, issue.field);
  } else if (issue.edge_id) {
    editor.setSelection([], [issue.edge_id]);
  } else {
    editor.selectNodes([]);
    useUi.getState().set({ settingsOpen: true });
    editor.focusField(null, issue.field);
  }
}
