import { ViewportPortal } from "@xyflow/react";
import { Repeat } from "lucide-react";
import { bodiesOf } from "../graph/loops";
import { NODE_WIDTH, placePorts } from "../graph/ports";
import { nodeLabel, type Graph } from "../graph/types";
import { useMessages } from "../i18n/useMessages";
import { useEditor } from "../store/editorStore";
import { groupColor } from "../theme/groupColor";
import type { StepNode } from "./flowShapes";
import styles from "./LoopFrames.module.css";
import { canvasMessages } from "./messages";

const PADDING = 26;
const HEAD = 24;

/** A tinted frame behind the steps of each loop's body. It follows the drawing and can be clicked through. */
export function LoopFrames({ graph, nodes }: { graph: Graph; nodes: readonly StepNode[] }) {
  const t = useMessages(canvasMessages);
  const types = useEditor((state) => state.nodeTypes);
  const drawn = new Map(nodes.map((node) => [node.id, node]));
  const frames = [...bodiesOf(graph)].flatMap(([loop, body]) => {
    const inside = [...body].flatMap((id) => drawn.get(id) ?? []);
    const owner = graph.nodes.find((node) => node.id === loop);
    if (inside.length === 0 || !owner) return [];
    const heightOf = (node: StepNode) => placePorts(types.get(node.data.node.type)?.ports ?? []).height;
    const left = Math.min(...inside.map((node) => node.position.x)) - PADDING;
    const top = Math.min(...inside.map((node) => node.position.y)) - PADDING - HEAD;
    const right = Math.max(...inside.map((node) => node.position.x + NODE_WIDTH)) + PADDING;
    const bottom = Math.max(...inside.map((node) => node.position.y + heightOf(node))) + PADDING;
    return [{ loop, name: nodeLabel(owner), left, top, width: right - left, height: bottom - top }];
  });
  if (frames.length === 0) return null;
  return (
    <ViewportPortal>
      {frames.map(({ loop, name, left, top, width, height }) => (
        <div key={loop} className={styles.frame} data-testid={`loop-${loop}`} aria-hidden style={{ transform: `translate(${left}px, ${top}px)`, width, height, ["--ff-loop" as string]: groupColor("Logic") }}>
          <span className={styles.title}>
            <Repeat size={13} /> {t("loopBody", { name })}
          </span>
        </div>
      ))}
    </ViewportPortal>
  );
}
