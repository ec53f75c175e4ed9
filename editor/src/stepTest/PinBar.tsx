import { useMutation } from "@tanstack/react-query";
import { Pencil, Pin, PinOff } from "lucide-react";
import { useState } from "react";
import { describeError } from "../api/client";
import { Button } from "../components/Button";
import { toast } from "../components/toastStore";
import type { GraphNode } from "../graph/types";
import { useMessages } from "../i18n/useMessages";
import type { Json } from "../schema/jsonSchema";
import { usePermissions } from "../session/usePermissions";
import { stepTestMessages } from "./messages";
import { PinEditor } from "./PinEditor";
import styles from "./stepTest.module.css";
import { usePinning } from "./usePinning";

/** An output that can be pinned: at hand, or to be read first. */
export interface Pinnable {
  value: Json | undefined;
  executionId: string | null;
  /** Reads all of it where the shown one is cut off. */
  load?: () => Promise<Json>;
}

export interface PinBarProps {
  node: GraphNode;
  workflowId: string;
  readOnly: boolean;
  /** What is shown, unless it is the pinned data itself. */
  shown: Pinnable | null;
  onPinned: () => void;
}

/** Pin the output that is shown, edit what is pinned, or take it away. */
export function PinBar({ node, workflowId, readOnly, shown, onPinned }: PinBarProps) {
  const t = useMessages(stepTestMessages);
  const may = usePermissions(workflowId);
  const pinning = usePinning(node.id);
  const [editing, setEditing] = useState<{ value: Json | undefined } | null>(null);
  const refusal = may("edit") ?? (readOnly ? t("readOnly") : null);
  const pin = useMutation({
    mutationFn: async ({ value, load }: Pinnable) => (load ? await load() : value),
    onSuccess: (value, { executionId }) => {
      const fault = pinning.pin(value, executionId);
      if (fault === null) return onPinned();
      toast({ tone: "error", title: fault });
      setEditing({ value });
    },
    onError: (error) => {
      toast({ tone: "error", title: t("readFailed", { message: describeError(error) }) });
    },
  });
  const isPinned = node.pinned !== undefined;
  return (
    <div className={styles.pinBar} data-testid="pin-bar">
      {shown && (
        <Button size="small" icon={<Pin />} busy={pin.isPending} disabledReason={refusal} testId="pin-output" onClick={() => pin.mutate(shown)}>
          {t("pin")}
        </Button>
      )}
      <Button size="small" variant="ghost" icon={<Pencil />} disabledReason={refusal} testId="pin-edit" onClick={() => setEditing({ value: (node.pinned?.output as Json | undefined) ?? shown?.value })}>
        {t(isPinned || shown ? "edit" : "typeData")}
      </Button>
      {isPinned && (
        <Button size="small" variant="ghost" icon={<PinOff />} disabledReason={refusal} testId="unpin" onClick={pinning.unpin}>
          {t("unpin")}
        </Button>
      )}
      {editing && <PinEditor node={node} value={editing.value} onPinned={onPinned} onClose={() => setEditing(null)} />}
    </div>
  );
}
