import type { QueueStats } from "../api/queue";
import { Tiles, type Tile } from "../components/Tiles";
import { useLocale, useMessages } from "../i18n/useMessages";
import { formatDuration } from "../runs/format";
import { queueMessages } from "./messages";

/** How much waits, runs and has ended. */
export function QueueNumbers({ counts }: { counts: QueueStats["total"] }) {
  const t = useMessages(queueMessages);
  const locale = useLocale();
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const tiles: Tile[] = [
    { id: "waiting", label: t("waiting"), value: number.format(counts.waiting), ...(counts.queued_steps > 0 && { note: t("queuedSteps", { count: counts.queued_steps }) }) },
    { id: "running", label: t("running"), value: number.format(counts.running), note: t("runningSteps", { count: counts.running_steps }) },
    { id: "oldest", label: t("oldestWait"), value: counts.oldest_wait_s === null ? t("none") : formatDuration(counts.oldest_wait_s, locale) },
    { id: "deferred", label: t("deferred"), value: number.format(counts.deferred) },
    { id: "retrying", label: t("retrying"), value: number.format(counts.retrying) },
    { id: "scheduled", label: t("scheduled"), value: number.format(counts.scheduled) },
    { id: "done", label: t("done"), value: number.format(counts.done_last_hour), note: `${t("perMinute")}: ${number.format(counts.per_minute)}` },
    { id: "failed", label: t("failedHour"), value: number.format(counts.failed_last_hour), ...(counts.failed_last_hour > 0 && { tone: "danger" as const }) },
  ];
  return <Tiles tiles={tiles} label={t("numbers")} name="queue" width="260px" />;
}
