import { itemProgress } from "../graph/runOverlay";
import { useLocale, useMessages } from "../i18n/useMessages";
import { formatDuration, spentSeconds } from "./format";
import { runsMessages } from "./messages";
import styles from "./runs.module.css";
import { StepMark } from "./StateMark";
import { isStepActive, type Step } from "./types";
import { useNow } from "./useNow";

export interface StepsListProps {
  steps: readonly Step[];
  selected: string | null;
  onSelect: (nodeId: string) => void;
}

/** The steps in the order in which they run; arrows move through them. */
export function StepsList({ steps, selected, onSelect }: StepsListProps) {
  const t = useMessages(runsMessages);
  const locale = useLocale();
  const now = useNow(steps.some((step) => isStepActive(step.state)));
  const longest = Math.max(0.001, ...steps.map((step) => spentSeconds(step, now) ?? 0));

  function onKeyDown(event: React.KeyboardEvent<HTMLUListElement>): void {
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const next = steps[steps.findIndex((step) => step.node_id === selected) + by];
    if (by === 0 || !next) return;
    event.preventDefault();
    onSelect(next.node_id);
    event.currentTarget.querySelector<HTMLElement>(`[data-node="${next.node_id}"]`)?.focus();
  }

  return (
    <ul className={styles.steps} aria-label={t("steps")} onKeyDown={onKeyDown}>
      {steps.map((step) => {
        const spent = spentSeconds(step, now);
        return (
          <li key={step.node_id}>
            <button
              type="button"
              className={styles.step}
              data-testid={`step-row-${step.node_id}`}
              data-node={step.node_id}
              data-state={step.state}
              aria-current={step.node_id === selected || undefined}
              tabIndex={step.node_id === selected ? 0 : -1}
              onClick={() => onSelect(step.node_id)}
            >
              <StepMark state={step.state} />
              <span className={styles.stepName}>{step.name || step.node_id}</span>
              <Progress step={step} />
              {step.tries > 1 && <span className={styles.tries}>{t("tries", { tries: step.tries, max: step.max_tries })}</span>}
              <span className={styles.stepTime}>{spent === null ? "" : formatDuration(spent, locale)}</span>
              {spent !== null && spent > 0 && <span className={styles.bar} style={{ ["--share" as string]: Math.max(0.02, spent / longest) }} aria-hidden />}
            </button>
          </li>
        );
      })}
    </ul>
  );
}

/** Of a step in a loop: how many of its items are through. */
function Progress({ step }: { step: Step }) {
  const t = useMessages(runsMessages);
  const progress = itemProgress(step);
  if (!progress) return null;
  return (
    <span className={styles.progress} data-testid={`progress-${step.node_id}`} title={t("itemsDone", progress)}>
      {progress.failed > 0 && <strong>{t("itemsFailed", { count: progress.failed })}</strong>} {progress.done}/{progress.total}
    </span>
  );
}
