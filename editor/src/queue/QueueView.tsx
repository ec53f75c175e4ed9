import { CirclePause, CircleX, Play, StepForward } from "lucide-react";
import { useState } from "react";
import { describeError } from "../api/client";
import { letThrough, pauseQueue, useQueueStats } from "../api/queue";
import { Button } from "../components/Button";
import { EmptyState } from "../components/EmptyState";
import list from "../components/list.module.css";
import { Spinner } from "../components/Spinner";
import { useMessages } from "../i18n/useMessages";
import { usePermissionsInList } from "../session/usePermissions";
import { LetThroughList } from "./LetThroughList";
import { Machinery } from "./Machinery";
import { queueMessages } from "./messages";
import { PauseDialog, type PauseSubject } from "./PauseDialog";
import { QueueNumbers } from "./QueueNumbers";
import { useQueueAction } from "./useQueueAction";
import { WaitingList } from "./WaitingList";
import { WorkflowQueues } from "./WorkflowQueues";

/** The whole queue; what waits may be narrowed to one workflow. */
export function QueueView({ workflowId }: { workflowId: string | null }) {
  const t = useMessages(queueMessages);
  const { refusalOf, anywhere } = usePermissionsInList("operate");
  const stats = useQueueStats();
  const action = useQueueAction();
  const [pausing, setPausing] = useState<PauseSubject | null>(null);
  if (stats.isPending) {
    return (
      <div className={list.empty}>
        <Spinner label={t("loading")} />
      </div>
    );
  }
  if (!stats.data) {
    return <EmptyState alert icon={<CircleX />} title={t("failedTitle")} text={describeError(stats.error)} actions={<Button onClick={() => void stats.refetch()}>{t("retry")}</Button>} />;
  }
  const { paused, workflows, total } = stats.data;
  const anyPaused = paused || workflows.some((one) => one.paused);
  return (
    <div className={list.view}>
      <div className={list.bar}>
        {paused ? (
          <Button icon={<Play />} variant="primary" busy={action.isPending} disabledReason={refusalOf(null)} testId="resume-all" onClick={() => action.mutate({ run: () => pauseQueue(false, null), done: t("resumed") })}>
            {t("resumeAll")}
          </Button>
        ) : (
          <Button icon={<CirclePause />} disabledReason={refusalOf(null)} testId="pause-all" onClick={() => setPausing({ workflowId: null, name: "" })}>
            {t("pauseAll")}
          </Button>
        )}
        {anyPaused && (
          <Button
            icon={<StepForward />}
            busy={action.isPending}
            disabledReason={anywhere ?? (total.waiting + total.running === 0 ? t("nothingTitle") : null)}
            testId="let-next"
            onClick={() => action.mutate({ run: () => letThrough({}), done: t("letNextDone") })}
          >
            {t("letNext")}
          </Button>
        )}
      </div>
      <QueueNumbers counts={total} />
      <LetThroughList entries={stats.data.let_through} />
      <WorkflowQueues workflows={workflows} pausedAll={paused} onPause={setPausing} />
      <WaitingList workflowId={workflowId} workflows={workflows} />
      <Machinery stats={stats.data} />
      {pausing && <PauseDialog subject={pausing} onClose={() => setPausing(null)} />}
    </div>
  );
}
