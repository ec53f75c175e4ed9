import { BoxSelect, ClipboardPaste, Copy, CopyPlus, Maximize, PencilLine, Plus, Redo2, Scissors, Settings2, Trash2, Undo2, WandSparkles } from "lucide-react";
import { useReactFlow } from "@xyflow/react";
import { MenuList, type MenuItem } from "../components/Menu";
import { portsOfNode } from "../graph/ports";
import { edgeId, type GraphEdge, type GraphPosition } from "../graph/types";
import { useMessages } from "../i18n/useMessages";
import { useEditor } from "../store/editorStore";
import { useUi } from "../store/uiStore";
import { canvasMessages } from "./messages";
import { copySelection, duplicateSelection, hasCopied, pasteCopied } from "./useClipboard";
import { useTidy } from "./useTidy";
import { wholeGraph } from "./motion";

export interface MenuRequest {
  /** In viewport pixels. */
  at: { x: number; y: number };
  /** The same place on the canvas. */
  position: GraphPosition;
  target: { kind: "node"; id: string } | { kind: "edge"; edge: GraphEdge } | { kind: "pane" };
}

export function CanvasMenu({ request, onClose }: { request: MenuRequest; onClose: () => void }) {
  const t = useMessages(canvasMessages);
  const items = useItems(request);
  const labels = { node: t("nodeMenu"), edge: t("edgeMenu"), pane: t("canvasMenu") };
  return <MenuList items={items} label={labels[request.target.kind]} anchor={{ left: request.at.x, top: request.at.y, width: 0, height: 0 }} onClose={onClose} />;
}

function useItems({ at, position, target }: MenuRequest): MenuItem[] {
  const t = useMessages(canvasMessages);
  const flow = useReactFlow();
  const tidy = useTidy();
  const editor = useEditor.getState();
  const ui = useUi.getState();
  if (target.kind === "edge") {
    return editor.readOnly
      ? []
      : [
          { id: "insert", label: t("insertHere"), icon: <Plus />, onSelect: () => ui.set({ picker: { at, position: null, from: null, into: target.edge } }) },
          { id: "remove-edge", label: t("removeEdge"), icon: <Trash2 />, tone: "danger", onSelect: () => editor.removeEdges([edgeId(target.edge)]) },
        ];
  }
  if (target.kind === "node") {
    const open: MenuItem = { id: "open", label: t("open"), icon: <Settings2 />, shortcut: "Enter", onSelect: () => ui.set({ formOpen: true, settingsOpen: false }) };
    const copy: MenuItem = { id: "copy", label: t("copy"), icon: <Copy />, shortcut: "Ctrl+C", separated: true, onSelect: () => void copySelection() };
    if (editor.readOnly) return [open, copy];
    const port = portsOfNode(editor.graph, editor.nodeTypes, target.id)[0]?.id;
    return [
      open,
      {
        id: "rename-node",
        label: t("rename"),
        icon: <PencilLine />,
        shortcut: "F2",
        onSelect: () => {
          ui.set({ formOpen: true, settingsOpen: false });
          editor.focusField(target.id, "name");
        },
      },
      ...(port ? [{ id: "add-next", label: t("addNext"), icon: <Plus />, onSelect: () => ui.set({ picker: { at, position: null, from: { node: target.id, port }, into: null } }) }] : []),
      copy,
      {
        id: "cut",
        label: t("cut"),
        icon: <Scissors />,
        shortcut: "Ctrl+X",
        onSelect: () => {
          if (copySelection()) editor.removeSelected();
        },
      },
      { id: "duplicate-node", label: t("duplicate"), icon: <CopyPlus />, shortcut: "Ctrl+D", onSelect: duplicateSelection },
      { id: "remove", label: t("remove"), icon: <Trash2 />, shortcut: "Del", tone: "danger", separated: true, onSelect: () => editor.removeSelected() },
    ];
  }
  const fit: MenuItem = { id: "fit", label: t("fit"), icon: <Maximize />, shortcut: "1", onSelect: () => void flow.fitView(wholeGraph()) };
  if (editor.readOnly) return [fit];
  return [
    { id: "add", label: t("addNode"), icon: <Plus />, shortcut: "N", onSelect: () => ui.set({ picker: { at, position, from: null, into: null } }) },
    ...(hasCopied() ? [{ id: "paste", label: t("paste"), icon: <ClipboardPaste />, shortcut: "Ctrl+V", onSelect: () => pasteCopied(position) }] : []),
    { id: "select-all", label: t("selectAll"), icon: <BoxSelect />, shortcut: "Ctrl+A", separated: true, onSelect: () => editor.selectNodes(editor.graph?.nodes.map((node) => node.id) ?? []) },
    { id: "tidy", label: t("tidy"), icon: <WandSparkles />, shortcut: "Shift+Alt+T", onSelect: () => void tidy() },
    fit,
    { id: "undo", label: t("undo"), icon: <Undo2 />, shortcut: "Ctrl+Z", separated: true, onSelect: () => editor.undo() },
    { id: "redo", label: t("redo"), icon: <Redo2 />, shortcut: "Ctrl+Shift+Z", onSelect: () => editor.redo() },
  ];
}
