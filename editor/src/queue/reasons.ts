import type { QueueItem } from "../api/queue";

type Reason = QueueItem["reasons"][number];

const HELD = new Set<string>(["paused", "paused-workflow", "paused-in-airflow", "held"]);

/** Whether a pause is among the reasons: only then can it be let through. */
export function isHeld(item: Pick<QueueItem, "reasons">): boolean {
  return item.reasons.some((reason) => HELD.has(reason.code));
}

export function reasonText(reason: Pick<Reason, "text" | "text_ru">, locale: string): string {
  return (locale.startsWith("ru") && reason.text_ru) || reason.text;
}
