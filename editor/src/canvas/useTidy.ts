import { useReactFlow } from "@xyflow/react";
import { useCallback } from "react";
import { NODE_HEIGHT, NODE_WIDTH } from "../graph/ports";
import { useEditor } from "../store/editorStore";
import { wholeGraph } from "./motion";

/** Lay the nodes out in ranks; the layout's code is loaded when it is first used. */
export function useTidy(): () => Promise<void> {
  const flow = useReactFlow();
  return useCallback(async () => {
    const { tidyLayout } = await import("../graph/layout");
    const { graph, nodeTypes, moveNodes, readOnly } = useEditor.getState();
    // Notes stay where people have put them.
    const steps = graph?.nodes.filter((node) => nodeTypes.get(node.type)?.kind !== "note") ?? [];
    if (!graph || readOnly || steps.length === 0) return;
    moveNodes(
      tidyLayout({ ...graph, nodes: steps }, (id) => {
        const size = flow.getNode(id)?.measured;
        return { width: size?.width ?? NODE_WIDTH, height: size?.height ?? NODE_HEIGHT };
      }),
    );
    // One frame later the nodes stand at their new places.
    requestAnimationFrame(() => void flow.fitView(wholeGraph()));
  }, [flow]);
}
