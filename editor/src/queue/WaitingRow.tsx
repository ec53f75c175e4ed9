import { ArrowUpDown, StepForward } from "lucide-react";
import { letThrough, type QueueItem } from "../api/queue";
import { Badge } from "../components/Badge";
import list from "../components/list.module.css";
import type { MenuItem } from "../components/Menu";
import { RowMenu } from "../components/RowMenu";
import { useLocale, useMessages } from "../i18n/useMessages";
import { Link } from "../island/Link";
import { executionPath, workflowPath } from "../island/route";
import { formatDuration } from "../runs/format";
import { usePermissionsInList } from "../session/usePermissions";
import { queueMessages } from "./messages";
import styles from "./queue.module.css";
import { isHeld, reasonText } from "./reasons";
import { useQueueAction } from "./useQueueAction";

/** One execution that waits, or a delivery that is none yet. */
export function WaitingRow({ item, onRank }: { item: QueueItem; onRank: (item: QueueItem) => void }) {
  const t = useMessages(queueMessages);
  const locale = useLocale();
  return (
    <tr className={list.row} data-testid={`waits-${item.execution_id}`}>
      <td className={list.name}>
        <Link to={workflowPath(item.workflow_id)} className={list.link}>
          {item.workflow_name}
        </Link>{" "}
        {item.delivery_id === null ? (
          <Link to={executionPath(item.execution_id)} className={styles.id} title={item.execution_id} aria-label={t("openExecution")}>
            …{item.execution_id.slice(-8)}
          </Link>
        ) : (
          <Badge>{t("delivery")}</Badge>
        )}
        {item.begun && <Badge tone="running">{t("begun")}</Badge>}
      </td>
      <td className={list.wide}>
        <ul className={styles.reasons}>
          {item.reasons.map((reason) => (
            <li key={reason.code} data-reason={reason.code}>
              {reasonText(reason, locale)}
              {reason.until && <span className={list.muted}> {t("until", { time: new Date(reason.until).toLocaleString(locale) })}</span>}
            </li>
          ))}
        </ul>
      </td>
      <td data-label={t("since")} className={styles.number}>
        {item.wait_s === null ? "–" : formatDuration(item.wait_s, locale)}
      </td>
      <td data-label={t("priority")} className={styles.number}>
        {item.priority}
      </td>
      <td className={list.rowActions}>
        <Actions item={item} onRank={onRank} />
      </td>
    </tr>
  );
}

function Actions({ item, onRank }: { item: QueueItem; onRank: (item: QueueItem) => void }) {
  const t = useMessages(queueMessages);
  const { refusalOf } = usePermissionsInList("operate");
  const refusal = refusalOf(item.workflow_id);
  const action = useQueueAction();
  const none = item.delivery_id === null ? null : t("isDelivery");
  const items: MenuItem[] = [
    {
      id: "let-through",
      label: t("letThrough"),
      icon: <StepForward />,
      disabledReason: refusal ?? none ?? (isHeld(item) ? null : t("notHeld")),
      onSelect: () => action.mutate({ run: () => letThrough({ executionId: item.execution_id }), done: t("letThroughDone", { id: item.execution_id }) }),
    },
    { id: "priority", label: t("setPriority"), icon: <ArrowUpDown />, disabledReason: refusal ?? none, onSelect: () => onRank(item) },
  ];
  const label = t("actionsFor", { name: item.execution_id });
  return <RowMenu items={items} label={label} testId={`waits-menu-${item.execution_id}`} />;
}
