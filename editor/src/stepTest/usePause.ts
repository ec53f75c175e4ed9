import { useQueuePause } from "../api/queue";
import { useLocale, useMessages } from "../i18n/useMessages";
import { formatSince } from "../nav/formatSince";
import { stepTestMessages } from "./messages";

/** Why new work waits: the pause of everything, else that of the workflow, in words; null when nothing is paused. */
export function usePause(workflowId: string | null): { everything: boolean; facts: string } | null {
  const t = useMessages(stepTestMessages);
  const locale = useLocale();
  const state = useQueuePause().data;
  const pause = state?.pause ?? state?.workflows.find((one) => one.workflow_id === workflowId);
  if (!pause) return null;
  const who = pause.paused_by === null ? t("inAirflow") : t("byUser", { user: pause.paused_by });
  const time = formatSince(pause.paused_at, locale);
  return { everything: pause.workflow_id === null, facts: pause.reason ? t("pausedWhy", { who, time, reason: pause.reason }) : t("pausedFacts", { who, time }) };
}
