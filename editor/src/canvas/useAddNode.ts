import { useReactFlow } from "@xyflow/react";
import { useCallback } from "react";
import { freePosition, positionAfter } from "../graph/freePosition";
import { NODE_HEIGHT, NODE_WIDTH } from "../graph/ports";
import type { Graph, GraphEdge, GraphPosition } from "../graph/types";
import { useLocale } from "../i18n/useMessages";
import { rootNode } from "../island/portal";
import { useEditor } from "../store/editorStore";
import { motionMs } from "./motion";

export interface AddRequest {
  /** Where to put it; otherwise a free place is found. */
  position?: GraphPosition | null;
  from?: { node: string; port: string } | null;
  into?: GraphEdge | null;
}

/** Place a node of a type: dropped, clicked in the palette or picked in the search. */
export function useAddNode(): (type: string, request: AddRequest) => void {
  const flow = useReactFlow();
  const locale = useLocale();
  return useCallback(
    (type, request) => {
      const { graph, nodeTypes, addNode } = useEditor.getState();
      const nodeType = nodeTypes.get(type);
      if (!graph || !nodeType) return;
      const from = nodeType.kind === "trigger" ? null : (request.from ?? null);
      const into = nodeType.kind === "trigger" ? null : (request.into ?? null);
      const position = request.position ?? placeFor(graph, from, into) ?? freePosition(graph, middleOfView(flow.screenToFlowPosition));
      const title = (locale.startsWith("ru") && nodeType.title_ru) || nodeType.title;
      const id = addNode(type, position, { from, into, title });
      if (id && !request.position) requestAnimationFrame(() => void showNode(flow, position));
    },
    [flow, locale],
  );
}

function placeFor(graph: Graph, from: AddRequest["from"], into: AddRequest["into"]): GraphPosition | null {
  if (from) return positionAfter(graph, from.node, from.port);
  if (!into) return null;
  const source = graph.nodes.find((node) => node.id === into.source)?.position;
  const target = graph.nodes.find((node) => node.id === into.target)?.position;
  if (!source || !target) return null;
  return freePosition(graph, { x: (source.x + target.x) / 2, y: (source.y + target.y) / 2 + (target.x - source.x < 2 * NODE_WIDTH ? NODE_HEIGHT + 48 : 0) });
}

function middleOfView(toFlow: (point: { x: number; y: number }) => GraphPosition): GraphPosition {
  const box = rootNode().querySelector(".react-flow")?.getBoundingClientRect();
  if (!box) return { x: 0, y: 0 };
  const middle = toFlow({ x: box.left + box.width / 2, y: box.top + box.height / 2 });
  return { x: middle.x - NODE_WIDTH / 2, y: middle.y - NODE_HEIGHT / 2 };
}

/** Bring a new node into view without zooming, when it lies outside. */
function showNode(flow: ReturnType<typeof useReactFlow>, position: GraphPosition): void {
  const box = rootNode().querySelector(".react-flow")?.getBoundingClientRect();
  if (!box) return;
  const zoom = flow.getZoom();
  const corner = flow.flowToScreenPosition(position);
  const inside = corner.x >= box.left && corner.y >= box.top && corner.x + NODE_WIDTH * zoom + 60 <= box.right && corner.y + NODE_HEIGHT * zoom <= box.bottom;
  if (!inside) void flow.setCenter(position.x + NODE_WIDTH / 2, position.y + NODE_HEIGHT / 2, { zoom, duration: motionMs(250) });
}
