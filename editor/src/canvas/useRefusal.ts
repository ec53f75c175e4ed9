import { useCallback, useEffect, useState } from "react";
import { nodeLabel, type GraphEdge } from "../graph/types";
import type { Refusal } from "../graph/validateConnection";
import { useMessages } from "../i18n/useMessages";
import { useEditor } from "../store/editorStore";
import { canvasMessages } from "./messages";

const SHOWN_MS = 6000;

/** Why the last connection was refused, in words, for a while. */
export function useRefusal() {
  const t = useMessages(canvasMessages);
  const [refusal, setRefusal] = useState<string | null>(null);
  useEffect(() => {
    if (refusal === null) return undefined;
    const timer = setTimeout(() => setRefusal(null), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [refusal]);
  const textOf = useCallback(
    (why: Refusal, edge: GraphEdge) => {
      const nodes = useEditor.getState().graph?.nodes ?? [];
      const nameOf = (id: string) => {
        const node = nodes.find((other) => other.id === id);
        return node ? nodeLabel(node) : id;
      };
      return t(`refuse_${why}`, { source: nameOf(edge.source), target: nameOf(edge.target) });
    },
    [t],
  );
  const refuse = useCallback((why: Refusal, edge: GraphEdge) => setRefusal(textOf(why, edge)), [textOf]);
  return { refusal, refuse, textOf };
}
