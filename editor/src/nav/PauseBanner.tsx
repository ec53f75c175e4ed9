import { useMutation, useQueryClient } from "@tanstack/react-query";
import { CirclePause, Play } from "lucide-react";
import { describeError } from "../api/client";
import { pauseQueue, QUEUE_KEY, useQueuePause, type PauseState, type QueuePause } from "../api/queue";
import { Button } from "../components/Button";
import { toast } from "../components/Toast";
import { useLocale, useMessages } from "../i18n/useMessages";
import { Link } from "../island/Link";
import { useRoute } from "../island/route";
import { usePermissionsInList } from "../session/usePermissions";
import { formatSince } from "./formatSince";
import { navMessages } from "./navMessages";
import styles from "./PauseBanner.module.css";

/** Tells on every page that nothing starts: who paused, since when, why. On the canvas also of its workflow alone. */
export function PauseBanner() {
  const route = useRoute();
  const state = useQueuePause().data;
  if (!state) return null;
  const own = route.page === "workflow" ? state.workflows.find((pause) => pause.workflow_id === route.workflowId) : undefined;
  const pause = state.pause ?? own;
  return pause ? <Banner pause={pause} drain={state.drain} onQueuePage={route.page === "queue"} /> : null;
}

function Banner({ pause, drain, onQueuePage }: { pause: QueuePause; drain: PauseState["drain"]; onQueuePage: boolean }) {
  const t = useMessages(navMessages);
  const locale = useLocale();
  const { refusalOf } = usePermissionsInList("operate");
  const client = useQueryClient();
  const resume = useMutation({
    mutationFn: () => pauseQueue(false, pause.workflow_id),
    onSuccess: () => toast({ tone: "success", title: t("resumed") }),
    onError: (error) => {
      toast({ tone: "error", title: t("resumeFailed"), detail: describeError(error) });
    },
    onSettled: () => client.invalidateQueries({ queryKey: QUEUE_KEY }),
  });
  const text = pause.workflow_id !== null ? "bannerWorkflow" : !pause.draining ? "bannerPaused" : drain?.drained ? "bannerDrained" : "bannerDraining";
  const facts = [pause.paused_by === null ? t("inAirflow") : t("byUser", { user: pause.paused_by }), t("since", { time: formatSince(pause.paused_at, locale) })];
  if (pause.draining && drain && !drain.drained) facts.push(t("running", { count: drain.running_steps }));
  return (
    <div className={styles.banner} role="status" data-testid="pause-banner">
      <CirclePause size={18} aria-hidden />
      <p className={styles.text}>
        <strong>{t(text)}</strong> <span className={styles.facts}>{facts.join(" · ")}</span>
        {pause.reason && <span className={styles.reason}>{pause.reason}</span>}
      </p>
      <span className={styles.actions}>
        {!onQueuePage && (
          <Link to="/queue" className={styles.link}>
            {t("toQueue")}
          </Link>
        )}
        <Button size="small" icon={<Play />} busy={resume.isPending} disabledReason={refusalOf(pause.workflow_id)} testId="banner-resume" onClick={() => resume.mutate()}>
          {t("resume")}
        </Button>
      </span>
    </div>
  );
}
