import { useConnection } from "@xyflow/react";
import { CircleSlash } from "lucide-react";
import type { GraphEdge } from "../graph/types";
import type { Refusal } from "../graph/validateConnection";
import { useEditor } from "../store/editorStore";
import styles from "./Canvas.module.css";

export interface ConnectionHintProps {
  /** Why the last one was refused. */
  refusal: string | null;
  textOf: (why: Refusal, edge: GraphEdge) => string;
}

/** Says why two nodes cannot be connected: already while the line is drawn, and after it was let go. */
export function ConnectionHint({ refusal, textOf }: ConnectionHintProps) {
  const edge = useConnection((connection): string | null => {
    if (!connection.inProgress || !connection.toNode || connection.isValid !== false) return null;
    const backwards = connection.fromHandle.type === "target";
    const [source, port, target] = backwards
      ? [connection.toNode.id, connection.toHandle?.id ?? "success", connection.fromNode.id]
      : [connection.fromNode.id, connection.fromHandle.id ?? "success", connection.toNode.id];
    return JSON.stringify({ source, source_port: port, target });
  });
  const drawn = edge ? (JSON.parse(edge) as GraphEdge) : null;
  const why = drawn ? useEditor.getState().checkConnection(drawn) : null;
  const text = drawn && why ? textOf(why, drawn) : refusal;
  return (
    <div role="status" aria-live="assertive">
      {text && (
        <p className={styles.hint} data-testid="connect-refused">
          <CircleSlash size={16} aria-hidden />
          {text}
        </p>
      )}
    </div>
  );
}
