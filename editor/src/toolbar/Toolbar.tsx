import { useQueryClient } from "@tanstack/react-query";
import { ArrowLeft, ChartColumn, CircleStop, Copy, Download, EllipsisVertical, FileCode2, Keyboard, Play, Redo2, Rocket, Settings2, Undo, Undo2, Workflow } from "lucide-react";
import { describeError } from "../api/client";
import { useSession } from "../api/queries";
import { cancelExecution, duplicateWorkflow, exportUrl } from "../api/workflows";
import { Badge } from "../components/Badge";
import { Button } from "../components/Button";
import { IconButton } from "../components/IconButton";
import { Menu, type MenuItem } from "../components/Menu";
import { toast } from "../components/Toast";
import { useMessages } from "../i18n/useMessages";
import { Link } from "../island/Link";
import { navigate, statisticsPath, workflowPath } from "../island/route";
import { dagUrl } from "../session/dagUrl";
import { usePermissions } from "../session/usePermissions";
import { saveNow } from "../store/draft";
import { useEditor } from "../store/editorStore";
import { useUi } from "../store/uiStore";
import { toolbarMessages } from "./messages";
import { SaveIndicator } from "./SaveIndicator";
import { ScheduleSwitch } from "./ScheduleSwitch";
import styles from "./Toolbar.module.css";
import { WorkflowName } from "./WorkflowName";

const TONES = { draft: "neutral", published: "success", changed: "warning" } as const;

/** The row above the canvas. */
export function Toolbar() {
  const t = useMessages(toolbarMessages);
  const workflow = useEditor((state) => state.workflow);
  const refusal = usePermissions(workflow?.id);
  const unsaved = useEditor((state) => state.saveState !== "saved");
  const readOnly = useEditor((state) => state.readOnly);
  const canUndo = useEditor((state) => state.history.past.length > 0);
  const canRedo = useEditor((state) => state.history.future.length > 0);
  const running = useEditor((state) => (state.execution && ["queued", "running"].includes(state.execution.state) ? state.execution.id : null));
  const settingsOpen = useUi((state) => state.settingsOpen);
  const client = useQueryClient();
  if (!workflow) return null;
  const state = workflow.state === "published" && unsaved ? "changed" : workflow.state;
  const live = workflow.state !== "draft";
  const cancel = async (id: string) => {
    try {
      client.setQueryData(["execution", id], await cancelExecution(id));
      toast({ tone: "info", title: t("cancelled") });
    } catch (error) {
      toast({ tone: "error", title: t("failed"), detail: describeError(error) });
    }
  };
  return (
    <header className={styles.toolbar}>
      <Link to="/" className={styles.back} aria-label={t("back")} title={t("back")} data-testid="back-to-list">
        <ArrowLeft size={18} aria-hidden />
      </Link>
      <div className={styles.title}>
        <WorkflowName />
        <span className={styles.states}>
          <Badge tone={TONES[state]} dot testId="workflow-state" title={t(`${state}Help`, { revision: workflow.published_revision ?? "" })}>
            {t(state)}
          </Badge>
          {readOnly ? <Badge>{t("readOnly")}</Badge> : <SaveIndicator />}
        </span>
      </div>
      <div className={styles.actions}>
        <span className={styles.wideOnly}>
          <IconButton label={t("undo")} shortcut="Ctrl+Z" testId="undo" disabled={!canUndo || readOnly} onClick={() => useEditor.getState().undo()}>
            <Undo2 />
          </IconButton>
          <IconButton label={t("redo")} shortcut="Ctrl+Shift+Z" testId="redo" disabled={!canRedo || readOnly} onClick={() => useEditor.getState().redo()}>
            <Redo2 />
          </IconButton>
          <IconButton
            label={t("settings")}
            active={settingsOpen}
            testId="workflow-settings"
            onClick={() => {
              useEditor.getState().selectNodes([]);
              useUi.getState().set({ settingsOpen: !settingsOpen });
            }}
          >
            <Settings2 />
          </IconButton>
        </span>
        <ScheduleSwitch />
        {running ? (
          <Button icon={<CircleStop />} testId="cancel-run" disabledReason={refusal("run")} onClick={() => void cancel(running)}>
            {t("cancelRun")}
          </Button>
        ) : (
          <Button
            icon={<Play />}
            testId="run-button"
            disabledReason={live ? refusal("run") : t("notPublished")}
            onClick={() => {
              void saveNow();
              useUi.getState().set({ dialog: "run" });
            }}
          >
            {t("run")}
          </Button>
        )}
        <Button variant="primary" icon={<Rocket />} testId="publish-button" disabledReason={refusal("publish")} onClick={() => useUi.getState().set({ dialog: "publish" })}>
          {t("publish")}
        </Button>
        <MoreMenu live={live} workflowId={workflow.id} />
      </div>
    </header>
  );
}

function MoreMenu({ live, workflowId }: { live: boolean; workflowId: string }) {
  const t = useMessages(toolbarMessages);
  const refusal = usePermissions(workflowId);
  // A copy is a new workflow, so rights on this one do not count.
  const refusalOfNew = usePermissions();
  const session = useSession();
  const ui = useUi.getState();
  const duplicate = async () => {
    try {
      await saveNow();
      const copy = await duplicateWorkflow(workflowId, null);
      toast({ tone: "success", title: t("duplicated", { name: copy.name }) });
      navigate(workflowPath(copy.id));
    } catch (error) {
      toast({ tone: "error", title: t("failed"), detail: describeError(error) });
    }
  };
  const items: MenuItem[] = [
    { id: "undo", label: t("undo"), icon: <Undo2 />, shortcut: "Ctrl+Z", onSelect: () => useEditor.getState().undo() },
    { id: "redo", label: t("redo"), icon: <Redo2 />, shortcut: "Ctrl+Shift+Z", onSelect: () => useEditor.getState().redo() },
    {
      id: "settings",
      label: t("settings"),
      icon: <Settings2 />,
      onSelect: () => {
        useEditor.getState().selectNodes([]);
        ui.set({ settingsOpen: true });
      },
    },
    { id: "statistics", label: t("statistics"), icon: <ChartColumn />, separated: true, onSelect: () => navigate(statisticsPath(workflowId)) },
    { id: "open-dag", label: t("openDag"), icon: <Workflow />, href: dagUrl(session.data, workflowId), disabledReason: live ? null : t("notPublishedYet") },
    { id: "export-json", label: t("exportJson"), icon: <Download />, href: exportUrl(workflowId, "json") },
    { id: "export-python", label: t("exportPython"), icon: <FileCode2 />, href: exportUrl(workflowId, "python") },
    { id: "duplicate", label: t("duplicate"), icon: <Copy />, disabledReason: refusalOfNew("edit"), onSelect: () => void duplicate() },
    { id: "shortcuts", label: t("shortcuts"), icon: <Keyboard />, shortcut: "?", separated: true, onSelect: () => ui.set({ dialog: "shortcuts" }) },
    { id: "unpublish", label: t("unpublish"), icon: <Undo />, tone: "danger", disabledReason: live ? refusal("publish") : t("notPublishedYet"), onSelect: () => ui.set({ dialog: "unpublish" }) },
  ];
  return (
    <Menu
      items={items}
      label={t("more")}
      trigger={({ open, toggle, ref }) => (
        <IconButton ref={ref} label={t("more")} aria-haspopup="menu" aria-expanded={open} testId="more-menu" onClick={toggle}>
          <EllipsisVertical />
        </IconButton>
      )}
    />
  );
}
