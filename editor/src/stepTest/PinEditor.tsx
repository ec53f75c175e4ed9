import { useState } from "react";
import { Button } from "../components/Button";
import { CodeEditor } from "../components/code/CodeEditor";
import { Dialog } from "../components/Dialog";
import { nodeLabel, type GraphNode } from "../graph/types";
import { useMessages } from "../i18n/useMessages";
import type { Json } from "../schema/jsonSchema";
import { stepTestMessages } from "./messages";
import styles from "./stepTest.module.css";
import { usePinning } from "./usePinning";

export interface PinEditorProps {
  node: GraphNode;
  /** What it begins with. */
  value: Json | undefined;
  onPinned: () => void;
  onClose: () => void;
}

/** Type, or cut down, what is pinned to a node. */
export function PinEditor({ node, value, onPinned, onClose }: PinEditorProps) {
  const t = useMessages(stepTestMessages);
  const pinning = usePinning(node.id);
  const [text, setText] = useState(() => (value === undefined ? "" : JSON.stringify(value, null, 2)));
  const [tried, setTried] = useState<string | null>(null);
  const parsed = parse(text);
  const save = () => {
    if (!parsed.ok) return setTried(text.trim() === "" ? t("jsonFault", { message: "–" }) : null);
    const refusal = pinning.pin(parsed.value, null);
    if (refusal !== null) return setTried(refusal);
    onPinned();
    onClose();
  };
  const fault = parsed.ok || text.trim() === "" ? tried : t("jsonFault", { message: parsed.message });
  return (
    <Dialog
      title={t("editTitle", { name: nodeLabel(node) })}
      description={t("editText")}
      onClose={onClose}
      onSubmit={save}
      size="large"
      testId="pin-dialog"
      footer={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" variant="primary" testId="pin-save">
            {t("save")}
          </Button>
        </>
      }
    >
      <CodeEditor
        value={text}
        onChange={(next) => {
          setText(next);
          setTried(null);
        }}
        language="json"
        label={t("editTitle", { name: nodeLabel(node) })}
        invalid={fault !== null}
        minHeight="180px"
        maxHeight="50vh"
        className={styles.code}
      />
      {fault !== null && (
        <p className={styles.fault} role="status" data-testid="pin-fault">
          {fault}
        </p>
      )}
    </Dialog>
  );
}

function parse(text: string): { ok: true; value: Json } | { ok: false; message: string } {
  try {
    return { ok: true, value: JSON.parse(text) as Json };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}
