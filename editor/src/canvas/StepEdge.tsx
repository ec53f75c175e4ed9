import { BaseEdge, EdgeLabelRenderer, getBezierPath, type EdgeProps } from "@xyflow/react";
import { Plus, Trash2 } from "lucide-react";
import { memo, useState } from "react";
import { classes } from "../components/classes";
import { edgeRunState } from "../graph/runOverlay";
import { edgeId } from "../graph/types";
import { useMessages } from "../i18n/useMessages";
import { useEditor } from "../store/editorStore";
import { useUi } from "../store/uiStore";
import type { StepEdge as StepEdgeShape } from "./flowShapes";
import { canvasMessages } from "./messages";
import styles from "./StepEdge.module.css";

/** A connection, with buttons in its middle while the mouse is near. */
export const StepEdge = memo(function StepEdge(props: EdgeProps<StepEdgeShape>) {
  const { sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition, data, selected, markerEnd } = props;
  const t = useMessages(canvasMessages);
  const [near, setNear] = useState(false);
  const readOnly = useEditor((state) => state.readOnly);
  // With more selected, buttons on each would only clutter.
  const alone = useEditor((state) => state.selection.length === 0 && state.selectedEdges.length === 1);
  const run = useEditor((state) => (data ? edgeRunState(state.execution, data.edge) : "idle"));
  const [path, middleX, middleY] = getBezierPath({ sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition });
  if (!data) return null;
  const { edge } = data;
  return (
    <g
      className={classes(styles.edge, selected && styles.selected, edge.source_port === "error" && styles.error)}
      data-testid={`edge-${edgeId(edge)}`}
      data-state={run}
      onPointerEnter={() => setNear(true)}
      onPointerLeave={() => setNear(false)}
    >
      <BaseEdge path={path} interactionWidth={28} {...(markerEnd ? { markerEnd } : {})} />
      {(near || (selected && alone)) && !readOnly && (
        <EdgeLabelRenderer>
          <span
            className={classes(styles.buttons, "nodrag", "nopan")}
            style={{ transform: `translate(-50%, -50%) translate(${middleX}px, ${middleY}px)` }}
            onPointerEnter={() => setNear(true)}
            onPointerLeave={() => setNear(false)}
          >
            <button
              type="button"
              aria-label={t("insertHere")}
              title={t("insertHere")}
              data-testid={`insert-${edgeId(edge)}`}
              onClick={(event) => {
                const box = event.currentTarget.getBoundingClientRect();
                useUi.getState().set({ picker: { at: { x: box.left, y: box.bottom }, position: null, from: null, into: edge } });
              }}
            >
              <Plus size={14} aria-hidden />
            </button>
            <button
              type="button"
              aria-label={t("removeEdge")}
              title={t("removeEdge")}
              data-testid={`remove-${edgeId(edge)}`}
              onClick={() => useEditor.getState().removeEdges([edgeId(edge)])}
            >
              <Trash2 size={13} aria-hidden />
            </button>
          </span>
        </EdgeLabelRenderer>
      )}
    </g>
  );
});
