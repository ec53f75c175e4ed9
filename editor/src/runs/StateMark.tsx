import { Ban, Check, CircleDashed, Clock, RotateCw, SkipForward, X } from "lucide-react";
import { Badge, type Tone } from "../components/Badge";
import { Spinner } from "../components/Spinner";
import { useMessages } from "../i18n/useMessages";
import { runsMessages } from "./messages";
import styles from "./runs.module.css";
import type { ExecutionState, StepState } from "./types";

const TONES: Record<ExecutionState | StepState, Tone> = {
  none: "neutral",
  scheduled: "neutral",
  queued: "neutral",
  running: "running",
  success: "success",
  failed: "danger",
  skipped: "neutral",
  up_for_retry: "warning",
  upstream_failed: "neutral",
  cancelled: "warning",
};

export function StateIcon({ state, size = 14 }: { state: ExecutionState | StepState; size?: number }) {
  switch (state) {
    case "running":
      return <Spinner size={size} />;
    case "success":
      return <Check size={size} aria-hidden />;
    case "failed":
      return <X size={size} aria-hidden />;
    case "skipped":
      return <SkipForward size={size} aria-hidden />;
    case "up_for_retry":
      return <RotateCw size={size} aria-hidden />;
    case "cancelled":
    case "upstream_failed":
      return <Ban size={size} aria-hidden />;
    case "queued":
    case "scheduled":
      return <Clock size={size} aria-hidden />;
    case "none":
      return <CircleDashed size={size} aria-hidden />;
  }
}

export function ExecutionBadge({ state }: { state: ExecutionState }) {
  const t = useMessages(runsMessages);
  return (
    <Badge tone={TONES[state]} icon={<StateIcon state={state} size={13} />} testId="execution-state">
      {t(`state.${state}`)}
    </Badge>
  );
}

/** A round mark in the colour of the state, with the state as its text for screen readers. */
export function StepMark({ state }: { state: StepState }) {
  const t = useMessages(runsMessages);
  return (
    <span className={styles.mark} data-tone={TONES[state]} title={t(`step.${state}`)}>
      <StateIcon state={state} />
      <span className="ff-visually-hidden">{t(`step.${state}`)}</span>
    </span>
  );
}
