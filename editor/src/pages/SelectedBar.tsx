import { Plus, SlidersHorizontal, Trash2 } from "lucide-react";
import { Button } from "../components/Button";
import { IconButton } from "../components/IconButton";
import { portsOfNode } from "../graph/ports";
import { useMessages } from "../i18n/useMessages";
import { useEditor } from "../store/editorStore";
import { useUi } from "../store/uiStore";
import styles from "./EditorPage.module.css";
import { pageMessages } from "./messages";

/** On phones: what can be done with the chosen node, in reach of the thumb. */
export function SelectedBar({ nodeId }: { nodeId: string }) {
  const t = useMessages(pageMessages);
  const readOnly = useEditor((state) => state.readOnly);
  const port = useEditor((state) => portsOfNode(state.graph, state.nodeTypes, nodeId)[0]?.id);
  return (
    <div className={styles.selectedBar} data-testid="selected-bar">
      <Button variant="primary" icon={<SlidersHorizontal />} testId="open-form" onClick={() => useUi.getState().set({ formOpen: true })}>
        {t("edit")}
      </Button>
      {!readOnly && port && (
        <Button icon={<Plus />} onClick={() => useUi.getState().set({ picker: { at: null, position: null, from: { node: nodeId, port }, into: null } })}>
          {t("next")}
        </Button>
      )}
      {!readOnly && (
        <IconButton label={t("remove")} onClick={() => useEditor.getState().removeSelected()}>
          <Trash2 />
        </IconButton>
      )}
    </div>
  );
}
