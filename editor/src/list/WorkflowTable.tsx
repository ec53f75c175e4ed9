import { CalendarOff, ChartColumn, CircleAlert, CirclePause, Copy, Download, FileCode2, History, PencilLine, Trash2, Undo2, Workflow } from "lucide-react";
import { useState } from "react";
import { useQueuePause, type QueuePause } from "../api/queue";
import type { NodeType, Session, WorkflowSummary } from "../api/types";
import { exportUrl } from "../api/workflows";
import { Badge } from "../components/Badge";
import { formatAgo } from "../components/formatAgo";
import type { MenuItem } from "../components/Menu";
import { NodeIcon } from "../components/NodeIcon";
import { RowMenu } from "../components/RowMenu";
import { StateBadge } from "../components/StateBadge";
import { TableHead } from "../components/TableHead";
import { useLocale, useMessages } from "../i18n/useMessages";
import { Link } from "../island/Link";
import { navigate, statisticsPath, workflowPath } from "../island/route";
import { dagUrl } from "../session/dagUrl";
import { usePermissions } from "../session/usePermissions";
import { groupColor } from "../theme/groupColor";
import { listMessages } from "./messages";
import { DeleteDialog, RenameDialog, UnpublishDialog } from "./WorkflowDialogs";
import { WorkflowState } from "./WorkflowState";
import styles from "./WorkflowTable.module.css";

type Asking = { kind: "rename" | "unpublish" | "delete"; workflow: WorkflowSummary } | null;

export interface WorkflowTableProps {
  workflows: readonly WorkflowSummary[];
  nodeTypes: ReadonlyMap<string, NodeType>;
  session: Session | undefined;
  onDuplicate: (workflow: WorkflowSummary) => void;
}

/** A table on wide screens; the same rows become cards on narrow ones. */
export function WorkflowTable({ workflows, nodeTypes, session, onDuplicate }: WorkflowTableProps) {
  const t = useMessages(listMessages);
  const [asking, setAsking] = useState<Asking>(null);
  const close = () => setAsking(null);
  const pauses = useQueuePause().data?.workflows;
  return (
    <>
      <table className={styles.table} data-testid="workflow-list">
        <TableHead titles={[t("name"), t("state"), t("lastRun"), t("nextRun"), t("updated")]} actions />
        <tbody>
          {workflows.map((workflow) => (
            <Row key={workflow.id} workflow={workflow} pause={pauses?.find((one) => one.workflow_id === workflow.id)} nodeTypes={nodeTypes} session={session} onDuplicate={onDuplicate} onAsk={(kind) => setAsking({ kind, workflow })} />
          ))}
        </tbody>
      </table>
      {asking?.kind === "rename" && <RenameDialog workflow={asking.workflow} onClose={close} />}
      {asking?.kind === "unpublish" && <UnpublishDialog workflow={asking.workflow} onClose={close} />}
      {asking?.kind === "delete" && <DeleteDialog workflow={asking.workflow} onClose={close} />}
    </>
  );
}

interface RowProps extends Omit<WorkflowTableProps, "workflows"> {
  workflow: WorkflowSummary;
  /** The pause of this workflow alone. */
  pause: QueuePause | undefined;
  onAsk: (kind: "rename" | "unpublish" | "delete") => void;
}

function Row({ workflow, pause, nodeTypes, session, onDuplicate, onAsk }: RowProps) {
  const t = useMessages(listMessages);
  const locale = useLocale();
  const triggers = workflow.trigger_types.flatMap((type) => nodeTypes.get(type) ?? []);
  const [trigger, ...others] = triggers;
  const scheduled = workflow.trigger_types.includes("cron");
  const color = groupColor(trigger?.group ?? "");
  return (
    <tr className={styles.row} data-testid={`workflow-row-${workflow.id}`}>
      <td className={styles.name}>
        <span className={styles.icon} style={{ ["--ff-tile" as string]: color }} title={triggers.map((type) => titleOf(type, locale)).join(", ") || undefined} data-testid={`triggers-${workflow.id}`}>
          {trigger ? <NodeIcon name={trigger.icon} size={18} /> : <Workflow size={18} aria-hidden />}
          {others.length > 0 && (
            <span className={styles.others}>
              {others.map((type) => (
                <NodeIcon key={type.type} name={type.icon} size={12} />
              ))}
            </span>
          )}
        </span>
        <div className={styles.text}>
          <Link to={workflowPath(workflow.id)} className={styles.link} data-testid={`workflow-link-${workflow.id}`}>
            {workflow.name}
          </Link>
          <p className={styles.sub}>{workflow.description || workflow.id}</p>
          {workflow.tags.length > 0 && (
            <p className={styles.tags}>
              {workflow.tags.map((tag) => (
                <span key={tag} className={styles.tag}>
                  {tag}
                </span>
              ))}
            </p>
          )}
        </div>
      </td>
      <td className={styles.state}>
        <WorkflowState state={workflow.state} testId={`workflow-state-${workflow.id}`} />
        {pause && (
          <Badge tone="warning" icon={<CirclePause />} title={pause.reason} testId={`workflow-paused-${workflow.id}`}>
            {t("paused")}
          </Badge>
        )}
        {workflow.issue_count > 0 && (
          <Badge tone="danger" icon={<CircleAlert />}>
            {t("problems", { count: workflow.issue_count })}
          </Badge>
        )}
      </td>
      <td data-label={t("lastRun")} data-testid={`last-run-${workflow.id}`}>
        {workflow.last_run ? (
          <Link to={workflowPath(workflow.id, workflow.last_run.execution_id)} className={styles.run}>
            <StateBadge state={workflow.last_run.state} />
            <span className={styles.muted}>{formatAgo(workflow.last_run.started_at, locale)}</span>
          </Link>
        ) : (
          <span className={styles.muted}>{t("never")}</span>
        )}
      </td>
      <td data-label={t("nextRun")}>
        {workflow.next_run_at ? (
          <span title={new Date(workflow.next_run_at).toLocaleString(locale)}>{formatAgo(workflow.next_run_at, locale)}</span>
        ) : scheduled && !workflow.schedule_active ? (
          <Badge tone="warning" icon={<CalendarOff />} title={t("scheduleOffHelp")} testId={`schedule-off-${workflow.id}`}>
            {t("scheduleOff")}
          </Badge>
        ) : (
          <span className={styles.muted}>{t("noSchedule")}</span>
        )}
      </td>
      <td data-label={t("updated")}>
        <span>
          <span title={new Date(workflow.updated_at).toLocaleString(locale)}>{formatAgo(workflow.updated_at, locale)}</span>{" "}
          <span className={styles.muted}>{t("by", { user: workflow.updated_by })}</span>
        </span>
      </td>
      <td className={styles.actions}>
        <Actions workflow={workflow} session={session} onDuplicate={onDuplicate} onAsk={onAsk} />
      </td>
    </tr>
  );
}

function Actions({ workflow, session, onDuplicate, onAsk }: Omit<RowProps, "nodeTypes" | "pause">) {
  const t = useMessages(listMessages);
  // Rights on single workflows are asked for when a menu opens, not for each line of the list.
  const [opened, setOpened] = useState(false);
  const refusal = usePermissions(opened ? workflow.id : null);
  const refusalOfNew = usePermissions();
  const live = workflow.state !== "draft";
  const items: MenuItem[] = [
    { id: "executions", label: t("executions"), icon: <History />, onSelect: () => navigate(`/executions?workflow=${encodeURIComponent(workflow.id)}`) },
    { id: "statistics", label: t("statistics"), icon: <ChartColumn />, onSelect: () => navigate(statisticsPath(workflow.id)) },
    { id: "rename", label: t("rename"), icon: <PencilLine />, disabledReason: refusal("edit"), onSelect: () => onAsk("rename") },
    { id: "duplicate", label: t("duplicate"), icon: <Copy />, disabledReason: refusalOfNew("edit"), onSelect: () => onDuplicate(workflow) },
    { id: "export-json", label: t("exportJson"), icon: <Download />, separated: true, href: exportUrl(workflow.id, "json") },
    { id: "export-python", label: t("exportPython"), icon: <FileCode2 />, href: exportUrl(workflow.id, "python") },
    { id: "open-dag", label: t("openDag"), icon: <Workflow />, href: dagUrl(session, workflow.id), disabledReason: live ? null : t("notPublishedYet") },
    { id: "unpublish", label: t("unpublish"), icon: <Undo2 />, separated: true, disabledReason: live ? refusal("publish") : t("notPublishedYet"), onSelect: () => onAsk("unpublish") },
    { id: "delete", label: t("delete"), icon: <Trash2 />, tone: "danger", disabledReason: refusal("delete"), onSelect: () => onAsk("delete") },
  ];
  const label = t("actionsFor", { name: workflow.name });
  return <RowMenu items={items} label={label} testId={`workflow-menu-${workflow.id}`} onOpen={() => setOpened(true)} />;
}

function titleOf(type: NodeType, locale: string): string {
  return (locale.startsWith("ru") && type.title_ru) || type.title;
}
