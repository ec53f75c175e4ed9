import { useMutation, useQueryClient } from "@tanstack/react-query";
import { CalendarClock, CalendarOff } from "lucide-react";
import { describeError } from "../api/client";
import { readWorkflow, switchSchedule } from "../api/workflows";
import { toast } from "../components/Toast";
import { useLocale, useMessages } from "../i18n/useMessages";
import { usePermissions } from "../session/usePermissions";
import { useEditor } from "../store/editorStore";
import { toolbarMessages } from "./messages";
import styles from "./Toolbar.module.css";

/** Whether the schedules of the published workflow fire; nothing where it has none. */
export function ScheduleSwitch() {
  const t = useMessages(toolbarMessages);
  const locale = useLocale();
  const client = useQueryClient();
  const workflow = useEditor((state) => state.workflow);
  const refusal = usePermissions(workflow?.id);
  const change = useMutation({
    mutationFn: async ({ id, active }: { id: string; active: boolean }) => {
      await switchSchedule(id, active);
      useEditor.getState().setWorkflow(await readWorkflow(id));
      return active;
    },
    onSuccess: (active) => {
      toast({ tone: "success", title: t(active ? "scheduleIsOn" : "scheduleIsOff") });
      return client.invalidateQueries({ queryKey: ["workflows"] });
    },
    onError: (error) => toast({ tone: "error", title: t("failed"), detail: describeError(error) }),
  });
  if (!workflow || workflow.state === "draft" || !workflow.trigger_types.includes("cron")) return null;
  const active = workflow.schedule_active;
  const refused = refusal("publish");
  const next = active && workflow.next_run_at ? new Date(workflow.next_run_at).toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" }) : null;
  const help = next ? t("scheduleNext", { moment: next }) : t(active ? "scheduleOnHelp" : "scheduleOffHelp");
  return (
    <button
      type="button"
      role="switch"
      className={styles.schedule}
      aria-checked={active}
      aria-label={t("schedule")}
      aria-disabled={refused !== null || change.isPending || undefined}
      title={refused ?? help}
      data-testid="schedule-switch"
      onClick={() => {
        if (refused === null && !change.isPending) change.mutate({ id: workflow.id, active: !active });
      }}
    >
      {active ? <CalendarClock size={15} aria-hidden /> : <CalendarOff size={15} aria-hidden />}
      <span className={styles.scheduleText}>{t(active ? "scheduleOn" : "scheduleOff")}</span>
      <span className={styles.track} aria-hidden />
    </button>
  );
}
