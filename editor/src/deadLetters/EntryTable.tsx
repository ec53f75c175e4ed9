import { CircleCheck, RotateCcw } from "lucide-react";
import type { DeadLetter } from "../api/deadLetters";
import { Badge, type Tone } from "../components/Badge";
import { formatAgo } from "../components/formatAgo";
import { IconButton } from "../components/IconButton";
import list from "../components/list.module.css";
import { TableHead } from "../components/TableHead";
import { useLocale, useMessages } from "../i18n/useMessages";
import { Link } from "../island/Link";
import { executionPath } from "../island/route";
import { usePermissionsInList, workflowOfExecution } from "../session/usePermissions";
import styles from "./deadLetters.module.css";
import type { Chosen } from "./GroupCard";
import { deadLetterMessages } from "./messages";

const TONES: Record<DeadLetter["state"], Tone> = { open: "danger", redriven: "running", handled: "neutral", recovered: "success" };

export interface EntryTableProps {
  entries: readonly DeadLetter[];
  onChoose: (chosen: Chosen) => void;
}

/** The executions of a group, newest first. */
export function EntryTable({ entries, onChoose }: EntryTableProps) {
  const t = useMessages(deadLetterMessages);
  return (
    <table className={list.table} data-testid="dead-letter-entries">
      <TableHead titles={[t("execution"), t("state"), t("failedAt"), t("message")]} actions />
      <tbody>
        {entries.map((entry) => (
          <Row key={entry.id} entry={entry} onChoose={onChoose} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ entry, onChoose }: { entry: DeadLetter; onChoose: (chosen: Chosen) => void }) {
  const t = useMessages(deadLetterMessages);
  const locale = useLocale();
  const { refusalOf } = usePermissionsInList("operate");
  const refusal = refusalOf(workflowOfExecution(entry.execution_id));
  return (
    <tr className={list.row} data-testid={`dead-${entry.id}`}>
      <td className={list.name}>
        {entry.delivery_id === null ? (
          <Link to={executionPath(entry.execution_id)} className={list.link} title={entry.execution_id}>
            …{entry.execution_id.slice(-8)}
          </Link>
        ) : (
          <Link to={`/deliveries?delivery=${encodeURIComponent(entry.delivery_id)}`} className={list.link} title={entry.delivery_id}>
            …{entry.delivery_id.slice(-8)}
          </Link>
        )}
      </td>
      <td className={list.wide}>
        <Badge tone={TONES[entry.state]} dot>
          {t(`state.${entry.state}`)}
        </Badge>
        {entry.settled_by && <span className={list.muted}> {t("by", { user: entry.settled_by })}</span>}
        {entry.comment && <p className={list.muted}>{entry.comment}</p>}
        {entry.redriven_as && (
          <p>
            <Link to={executionPath(entry.redriven_as)} className={list.link}>
              {t("newExecution")}
            </Link>
          </p>
        )}
      </td>
      <td data-label={t("failedAt")} title={new Date(entry.failed_at).toLocaleString(locale)}>
        {formatAgo(entry.failed_at, locale)}
      </td>
      <td data-label={t("message")} className={styles.message}>
        {entry.message}
      </td>
      <td className={list.rowActions}>
        {entry.state === "open" && (
          <>
            <IconButton size="small" label={t("redriveOne")} disabledReason={refusal} testId={`redrive-${entry.id}`} onClick={() => onChoose({ action: "redrive", ids: [entry.id] })}>
              <RotateCcw />
            </IconButton>
            <IconButton size="small" label={t("discardOne")} disabledReason={refusal} testId={`discard-${entry.id}`} onClick={() => onChoose({ action: "discard", ids: [entry.id] })}>
              <CircleCheck />
            </IconButton>
          </>
        )}
      </td>
    </tr>
  );
}
