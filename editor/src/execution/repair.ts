/** What can be mended from where. */
import type { Step } from "../api/types";

/** Whether a new execution may begin at a step: it was reached, so that what comes before it has outputs. */
export function canRerunFrom(step: Step): boolean {
  return step.state === "success" || step.state === "failed" || step.state === "cancelled" || step.state === "up_for_retry" || step.state === "running";
}
