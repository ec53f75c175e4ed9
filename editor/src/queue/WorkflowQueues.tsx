import { CirclePause, ListFilter, Play, StepForward } from "lucide-react";
import { letThrough, pauseQueue, type WorkflowQueue } from "../api/queue";
import { Badge } from "../components/Badge";
import list from "../components/list.module.css";
import type { MenuItem } from "../components/Menu";
import { RowMenu } from "../components/RowMenu";
import { TableHead } from "../components/TableHead";
import { useLocale, useMessages } from "../i18n/useMessages";
import { Link } from "../island/Link";
import { navigate, workflowPath } from "../island/route";
import { formatDuration } from "../runs/format";
import { usePermissionsInList } from "../session/usePermissions";
import { queueMessages } from "./messages";
import type { PauseSubject } from "./PauseDialog";
import styles from "./queue.module.css";
import { useQueueAction } from "./useQueueAction";

export interface WorkflowQueuesProps {
  workflows: readonly WorkflowQueue[];
  /** Whether all workflows are paused. */
  pausedAll: boolean;
  onPause: (subject: PauseSubject) => void;
}

/** The queue of each workflow: a table on wide screens, cards on narrow ones. */
export function WorkflowQueues({ workflows, pausedAll, onPause }: WorkflowQueuesProps) {
  const t = useMessages(queueMessages);
  if (workflows.length === 0) return null;
  return (
    <section className={styles.section}>
      <h2 className={styles.heading}>{t("byWorkflow")}</h2>
      <table className={list.table} data-testid="workflow-queues">
        <TableHead titles={[t("workflow"), t("state"), t("waiting"), t("running"), t("oldestWait"), t("lastHour"), t("priority")]} actions />
        <tbody>
          {workflows.map((one) => (
            <Row key={one.workflow_id} queue={one} pausedAll={pausedAll} onPause={onPause} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Row({ queue, pausedAll, onPause }: { queue: WorkflowQueue; pausedAll: boolean; onPause: WorkflowQueuesProps["onPause"] }) {
  const t = useMessages(queueMessages);
  const locale = useLocale();
  const { pause } = queue;
  return (
    <tr className={list.row} data-testid={`queue-of-${queue.workflow_id}`}>
      <td className={list.name}>
        <Link to={workflowPath(queue.workflow_id)} className={list.link}>
          {queue.workflow_name}
        </Link>
      </td>
      <td className={list.wide}>
        {pause ? (
          <>
            <Badge tone="warning" icon={<CirclePause />}>
              {t("paused")}
            </Badge>
            {(pause.reason || pause.source === "airflow") && <p className={styles.cellNote}>{pause.source === "airflow" ? t("pausedInAirflow") : pause.reason}</p>}
          </>
        ) : pausedAll ? (
          <Badge tone="warning" icon={<CirclePause />}>
            {t("pausedWithAll")}
          </Badge>
        ) : (
          <Badge tone="success" dot>
            {t("open")}
          </Badge>
        )}
      </td>
      <td data-label={t("waiting")}>{queue.waiting}</td>
      <td data-label={t("running")}>
        <span>
          {queue.running} {queue.max_active_runs !== null && <span className={list.muted}>{t("limit", { count: queue.max_active_runs })}</span>}
        </span>
      </td>
      <td data-label={t("oldestWait")}>{queue.oldest_wait_s === null ? "–" : formatDuration(queue.oldest_wait_s, locale)}</td>
      <td data-label={t("lastHour")}>{t("doneFailed", { done: queue.done_last_hour, failed: queue.failed_last_hour })}</td>
      <td data-label={t("priority")}>{queue.priority}</td>
      <td className={list.rowActions}>
        <Actions queue={queue} pausedAll={pausedAll} onPause={onPause} />
      </td>
    </tr>
  );
}

function Actions({ queue, pausedAll, onPause }: { queue: WorkflowQueue; pausedAll: boolean; onPause: WorkflowQueuesProps["onPause"] }) {
  const t = useMessages(queueMessages);
  const { refusalOf } = usePermissionsInList("operate");
  const refusal = refusalOf(queue.workflow_id);
  const action = useQueueAction();
  const id = queue.workflow_id;
  const items: MenuItem[] = [
    { id: "show", label: t("showWaiting"), icon: <ListFilter />, onSelect: () => navigate(`/queue?workflow=${encodeURIComponent(id)}`, { replace: true }) },
    queue.pause
      ? { id: "resume", label: t("resumeOne"), icon: <Play />, disabledReason: refusal, onSelect: () => action.mutate({ run: () => pauseQueue(false, id), done: t("resumed") }) }
      : { id: "pause", label: t("pauseOne"), icon: <CirclePause />, disabledReason: refusal, onSelect: () => onPause({ workflowId: id, name: queue.workflow_name }) },
    {
      id: "next",
      label: t("nextOne"),
      icon: <StepForward />,
      disabledReason: refusal ?? (queue.pause || pausedAll ? (queue.waiting + queue.running === 0 ? t("nothingTitle") : null) : t("notPaused")),
      onSelect: () => action.mutate({ run: () => letThrough({ workflowId: id }), done: t("letNextDone") }),
    },
  ];
  const label = t("actionsFor", { name: queue.workflow_name });
  return <RowMenu items={items} label={label} testId={`queue-menu-${id}`} />;
}
