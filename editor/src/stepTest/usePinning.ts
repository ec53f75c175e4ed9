import { jsonBytes, pinRefusal } from "../graph/pins";
import { useLocale, useMessages } from "../i18n/useMessages";
import { useEditor } from "../store/editorStore";
import { stepTestMessages } from "./messages";

export interface Pinning {
  /** Pin data to the node; answers why that is not possible, or null. */
  pin: (output: unknown, executionId: string | null) => string | null;
  unpin: () => void;
}

/** Pins are edits of the draft: they are undone, saved and disputed like all others. */
export function usePinning(nodeId: string): Pinning {
  const t = useMessages(stepTestMessages);
  const locale = useLocale();
  return {
    pin: (output, executionId) => {
      const { graph, pinNode } = useEditor.getState();
      if (!graph) return null;
      const refusal = pinRefusal(graph, nodeId, output);
      if (refusal === "tooLarge") return t("pinTooLarge", { size: formatBytes(jsonBytes(output), locale) });
      if (refusal === "tooMany") return t("pinTooMany");
      pinNode(nodeId, { output: output ?? null, execution_id: executionId });
      return null;
    },
    unpin: () => {
      useEditor.getState().pinNode(nodeId, null);
    },
  };
}

function formatBytes(bytes: number, locale: string): string {
  return new Intl.NumberFormat(locale, { style: "unit", unit: "kilobyte", maximumFractionDigits: 0 }).format(Math.ceil(bytes / 1024));
}
