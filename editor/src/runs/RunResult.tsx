import { Reply } from "lucide-react";
import { useMessages } from "../i18n/useMessages";
import { runsMessages } from "./messages";
import styles from "./runs.module.css";

const MAX_SHOWN = 160;

/** What the execution has answered, in one line; the whole of it is the output of its step. */
export function RunResult({ result, onOpen }: { result: Record<string, unknown>; onOpen: (nodeId: string) => void }) {
  const t = useMessages(runsMessages);
  const { node_id: nodeId, status, body, omitted } = result;
  const shown = omitted === true ? t("resultLarge") : typeof body === "string" ? body : body === null || body === undefined ? "" : JSON.stringify(body);
  return (
    <button type="button" className={styles.result} data-testid="run-result" title={t("resultOpen")} onClick={() => onOpen(String(nodeId))}>
      <Reply size={13} aria-hidden />
      <strong>{t("result")}</strong>
      {typeof status === "number" && <span>{status}</span>}
      <code>{shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}…` : shown}</code>
    </button>
  );
}
