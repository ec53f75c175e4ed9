import { NodeResizer } from "@xyflow/react";
import { lazy, Suspense, useState } from "react";
import { useMessages } from "../i18n/useMessages";
import type { GraphNode } from "../graph/types";
import { useEditor } from "../store/editorStore";
import { canvasMessages } from "./messages";
import styles from "./NoteNode.module.css";

// Few drawings hold notes.
const Markdown = lazy(async () => ({ default: (await import("../components/markdown/Markdown")).Markdown }));

interface Size {
  width: number;
  height: number;
}

const SMALLEST = { width: 120, height: 60 };
const LARGEST = 2000;

/** A piece of paper on the canvas: it explains a part of the drawing and takes no part in runs. */
export function NoteNode({ node, selected }: { node: GraphNode; selected: boolean }) {
  const t = useMessages(canvasMessages);
  const readOnly = useEditor((state) => state.readOnly);
  // While a corner is in the hand, the document keeps the size from before.
  const [pulled, setPulled] = useState<Size | null>(null);
  const { text, color } = node.parameters;
  const size = pulled ?? sizeOf(node);

  function keep(box: Size & { x: number; y: number }): void {
    setPulled(null);
    const store = useEditor.getState();
    const key = `resize:${node.id}:${Date.now()}`;
    store.setParameters(node.id, { ...node.parameters, width: clamp(box.width, SMALLEST.width), height: clamp(box.height, SMALLEST.height) }, key);
    store.moveNodes(new Map([[node.id, { x: box.x, y: box.y }]]), key);
  }

  return (
    <div className={styles.note} role="note" style={{ ...size, ["--ff-paper" as string]: `var(--ff-note-${String(color)}, var(--ff-note-yellow))` }} data-testid={`node-${node.id}`} data-selected={selected || undefined}>
      {!readOnly && (
        <NodeResizer
          isVisible={selected}
          minWidth={SMALLEST.width}
          minHeight={SMALLEST.height}
          maxWidth={LARGEST}
          maxHeight={LARGEST}
          onResize={(_event, box) => setPulled({ width: box.width, height: box.height })}
          onResizeEnd={(_event, box) => keep(box)}
        />
      )}
      <div className={styles.text}>
        {typeof text === "string" && text.trim() !== "" ? (
          <Suspense fallback={null}>
            <Markdown text={text} />
          </Suspense>
        ) : (
          <p className={styles.empty}>{t("noteEmpty")}</p>
        )}
      </div>
    </div>
  );
}

function sizeOf(node: GraphNode): Size {
  const { width, height } = node.parameters;
  return { width: typeof width === "number" ? width : 280, height: typeof height === "number" ? height : 160 };
}

function clamp(length: number, smallest: number): number {
  return Math.round(Math.min(LARGEST, Math.max(smallest, length)));
}
