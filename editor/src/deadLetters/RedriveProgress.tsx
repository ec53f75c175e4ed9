import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Square } from "lucide-react";
import { describeError } from "../api/client";
import { DEAD_LETTERS_KEY, stopRedrive, type Redrive } from "../api/deadLetters";
import { Button } from "../components/Button";
import list from "../components/list.module.css";
import { toast } from "../components/Toast";
import { useMessages } from "../i18n/useMessages";
import { usePermissionsInList } from "../session/usePermissions";
import styles from "./deadLetters.module.css";
import { deadLetterMessages } from "./messages";

/** How far starting them again has come, and a way to stop it. */
export function RedriveProgress({ redrive, workflowId }: { redrive: Redrive; workflowId: string }) {
  const t = useMessages(deadLetterMessages);
  const { refusalOf } = usePermissionsInList("operate");
  const client = useQueryClient();
  const stop = useMutation({
    mutationFn: () => stopRedrive(redrive.id),
    onError: (error) => {
      toast({ tone: "error", title: t("failed"), detail: describeError(error) });
    },
    onSettled: () => client.invalidateQueries({ queryKey: DEAD_LETTERS_KEY }),
  });
  const running = redrive.state === "running";
  const counts = { started: redrive.started, total: redrive.total, rate: redrive.per_minute };
  return (
    <div className={styles.progress} data-testid="redrive-progress" data-state={redrive.state}>
      {running && <progress max={Math.max(1, redrive.total)} value={redrive.started + redrive.failed} aria-label={t("progress", counts)} />}
      <p className={list.muted}>
        {t(running ? "progress" : redrive.state === "stopped" ? "stopped" : "finished", counts)}
        {redrive.failed > 0 && ` · ${t("progressFailed", { count: redrive.failed })}`}
      </p>
      {redrive.error && <p className={list.error}>{redrive.error}</p>}
      {running && (
        <Button size="small" icon={<Square />} busy={stop.isPending} disabledReason={refusalOf(workflowId)} testId="redrive-stop" onClick={() => stop.mutate()}>
          {t("stop")}
        </Button>
      )}
    </div>
  );
}
