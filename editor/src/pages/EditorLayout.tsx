import { lazy, useEffect, useRef } from "react";
import { Canvas } from "../canvas/Canvas";
import { useAddNode } from "../canvas/useAddNode";
import { portsOfNode } from "../graph/ports";
import { onlyEnd } from "../graph/topology";
import { NodePicker } from "../palette/NodePicker";
import { Palette } from "../palette/Palette";
import { selectedNodeId, useEditor } from "../store/editorStore";
import { useUi } from "../store/uiStore";
import { Toolbar } from "../toolbar/Toolbar";
import { BottomPanel } from "./BottomPanel";
import styles from "./EditorPage.module.css";
import { EditorDialogs } from "./EditorDialogs";
import { Guarded } from "./Guarded";
import { ReplayBanner } from "./ReplayBanner";
import { SelectedBar } from "./SelectedBar";
import { SettingsDrawer } from "./SettingsDrawer";
import { useNarrow } from "./useNarrow";
import { useShownExecution } from "./useShownExecution";

// The form brings the code editor along; the canvas is seen before it.
const PropertiesPanel = lazy(async () => ({ default: (await import("../properties/PropertiesPanel")).PropertiesPanel }));

export interface EditorLayoutProps {
  workflowId: string;
  executionId: string | null;
  mayEdit: boolean;
}

/** Toolbar above, palette left, form right, panel below: nothing lies over the canvas. */
export function EditorLayout({ workflowId, executionId, mayEdit }: EditorLayoutProps) {
  const root = useRef<HTMLDivElement>(null);
  const narrow = useNarrow(root);
  const graph = useEditor((state) => state.graph);
  const selected = useEditor(selectedNodeId);
  const { settingsOpen, formOpen, quietNode, picker, bottomOpen } = useUi();
  const { execution, replayed } = useShownExecution(executionId);
  const add = useAddNode();

  useEffect(() => {
    useEditor.getState().setReadOnly(!mayEdit || replayed !== null);
  }, [mayEdit, replayed]);
  useEffect(() => {
    // Choosing a node leaves the settings of the workflow; on phones its form waits to be asked for.
    if (selected) useUi.getState().set({ settingsOpen: false });
    else useUi.getState().set({ formOpen: false, quietNode: null });
  }, [selected]);
  useEffect(() => {
    if (executionId) useUi.getState().showTab("run");
  }, [executionId]);

  if (!graph) return null;
  const showForm = selected !== null && !replayed && (formOpen || (!narrow && quietNode !== selected));
  const closeForm = () => {
    if (narrow) useUi.getState().set({ formOpen: false });
    else useEditor.getState().selectNodes([]);
  };
  const addAfterSelection = (type: string) => {
    add(type, { from: afterSelection() });
  };
  return (
    <div ref={root} className={styles.page} data-testid="editor-page" data-narrow={narrow || undefined}>
      <Toolbar />
      <div className={styles.body}>
        {!narrow && mayEdit && !replayed && <Palette onAdd={addAfterSelection} />}
        <div className={styles.center}>
          {executionId && <ReplayBanner workflowId={workflowId} execution={execution} other={replayed !== null} />}
          <div className={styles.canvasArea}>
            {/* A key: the replayed graph is another drawing with its own viewport. */}
            <Canvas key={replayed ? "replay" : "draft"} graph={replayed ?? graph} narrow={narrow} />
            {narrow && selected && !showForm && !replayed && !bottomOpen && <SelectedBar nodeId={selected} />}
          </div>
          <BottomPanel workflowId={workflowId} executionId={executionId} narrow={narrow} />
        </div>
        {showForm && (
          <div className={styles.drawer} data-testid="properties-drawer">
            <Guarded>
              <PropertiesPanel nodeId={selected} onClose={closeForm} readOnly={!mayEdit} />
            </Guarded>
          </div>
        )}
        {settingsOpen && !showForm && <SettingsDrawer readOnly={!mayEdit || replayed !== null} />}
      </div>
      {picker && (
        <NodePicker
          request={picker}
          onClose={() => useUi.getState().set({ picker: null })}
          onPick={(type) => {
            useUi.getState().set({ picker: null });
            add(type, { position: picker.position, into: picker.into, from: picker.from ?? (picker.position ? null : afterSelection()) });
          }}
        />
      )}
      <EditorDialogs />
    </div>
  );
}

/** Where a node goes that was clicked in the palette: after the selected one, else after the workflow's only end. */
function afterSelection(): { node: string; port: string } | null {
  const { graph, nodeTypes, selection } = useEditor.getState();
  const steps = graph && { ...graph, nodes: graph.nodes.filter((node) => nodeTypes.get(node.type)?.kind !== "note") };
  const id = selection.length === 1 ? selection[0] : selection.length === 0 && steps ? onlyEnd(steps) : undefined;
  const port = id === undefined ? undefined : portsOfNode(graph, nodeTypes, id)[0]?.id;
  return id !== undefined && port ? { node: id, port } : null;
}
