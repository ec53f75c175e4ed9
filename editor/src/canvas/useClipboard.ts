import { useReactFlow } from "@xyflow/react";
import { useEffect } from "react";
import { fragmentOf, type Fragment } from "../graph/edit";
import { readFragment, writeFragment } from "../graph/clipboard";
import { useEditor } from "../store/editorStore";
import { isTyping } from "./isTyping";

// What was copied last, for menus: browsers let only key presses read the clipboard.
let copied: Fragment | null = null;

export function copySelection(): boolean {
  const { graph, selection } = useEditor.getState();
  if (!graph || selection.length === 0) return false;
  copied = fragmentOf(graph, new Set(selection));
  return true;
}

export function hasCopied(): boolean {
  return copied !== null;
}

/** Insert what was copied; its upper left corner goes to `at`, or a little beside where it came from. */
export function pasteCopied(at?: { x: number; y: number }): void {
  if (copied) pasteFragment(copied, at);
}

export function duplicateSelection(): void {
  const { graph, selection } = useEditor.getState();
  if (graph && selection.length > 0) pasteFragment(fragmentOf(graph, new Set(selection)));
}

function pasteFragment(fragment: Fragment, at?: { x: number; y: number }): void {
  const { graph, insert } = useEditor.getState();
  if (!graph) return;
  const nodes = fragment.nodes;
  const left = Math.min(...nodes.map((node) => node.position.x));
  const top = Math.min(...nodes.map((node) => node.position.y));
  const shift = at ? { x: at.x - left, y: at.y - top } : { x: 40, y: 96 };
  const ids = new Set(nodes.map((node) => node.id));
  insert({ nodes, edges: fragment.edges.filter((edge) => ids.has(edge.source) && ids.has(edge.target)) }, shift);
}

/** Copy, cut and paste by the browser's own events: they work on http too, and between workflows and tabs. */
export function useClipboard(): void {
  const flow = useReactFlow();
  useEffect(() => {
    const onCopy = (event: ClipboardEvent) => {
      if (isTyping(event) || String(getSelection() ?? "") !== "" || !copySelection() || !copied) return;
      event.preventDefault();
      event.clipboardData?.setData("text/plain", writeFragment(copied));
      if (event.type === "cut") useEditor.getState().removeSelected();
    };
    const onPaste = (event: ClipboardEvent) => {
      if (isTyping(event)) return;
      const fragment = readFragment(event.clipboardData?.getData("text/plain") ?? "");
      if (!fragment) return;
      event.preventDefault();
      copied = fragment;
      pasteCopied();
    };
    document.addEventListener("copy", onCopy);
    document.addEventListener("cut", onCopy);
    document.addEventListener("paste", onPaste);
    return () => {
      document.removeEventListener("copy", onCopy);
      document.removeEventListener("cut", onCopy);
      document.removeEventListener("paste", onPaste);
    };
  }, [flow]);
}
