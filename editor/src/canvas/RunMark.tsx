import { Ban, Check, CircleSlash, Clock, MinusCircle, RotateCw, TriangleAlert, X, type LucideIcon } from "lucide-react";
import { useEffect, useState } from "react";
import type { Step } from "../api/types";
import { Spinner } from "../components/Spinner";
import { stateMessages } from "../components/stateMessages";
import { isError, itemProgress } from "../graph/runOverlay";
import { useLocale, useMessages } from "../i18n/useMessages";
import { formatDuration, spentSeconds } from "../runs/format";
import { canvasMessages } from "./messages";
import styles from "./StepNode.module.css";

const ICONS: Partial<Record<Step["state"], LucideIcon>> = {
  queued: Clock,
  scheduled: Clock,
  success: Check,
  failed: X,
  skipped: MinusCircle,
  up_for_retry: RotateCw,
  upstream_failed: CircleSlash,
  cancelled: Ban,
};

/** Under the node: how the step stands in the shown run, and how long it took. */
export function RunMark({ step }: { step: Step }) {
  const t = useMessages(stateMessages);
  const canvas = useMessages(canvasMessages);
  const locale = useLocale();
  const now = useNow(step.state === "running");
  if (step.state === "none") return null;
  const Icon = step.state === "success" && isError(step) ? TriangleAlert : ICONS[step.state];
  const seconds = spentSeconds(step, now);
  const items = itemProgress(step);
  return (
    <span className={styles.run} data-testid={`run-state-${step.node_id}`} data-state={step.state} title={t(step.state)}>
      {step.state === "running" ? <Spinner size={11} /> : Icon && <Icon size={13} aria-hidden />}
      <span className="ff-visually-hidden">{t(step.state)}</span>
      {items && (
        <span data-testid={`run-items-${step.node_id}`} title={canvas("itemsDone", items)}>
          {items.done}/{items.total}
        </span>
      )}
      {seconds !== null && <span data-testid={`run-duration-${step.node_id}`}>{formatDuration(seconds, locale)}</span>}
      {step.tries > 1 && <span className={styles.tries}>{canvas("tries", { count: step.tries })}</span>}
    </span>
  );
}

function useNow(ticking: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!ticking) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [ticking]);
  return now;
}
