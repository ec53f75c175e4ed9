import type { StepStatistics } from "../api/statistics";
import { useLocale, useMessages } from "../i18n/useMessages";
import { formatDuration } from "../runs/format";
import { statisticsMessages } from "./messages";
import styles from "./statistics.module.css";

export interface StepsCardProps {
  kind: "slow" | "fail";
  steps: readonly StepStatistics[];
  /** How many executions they are of. */
  executions: number;
}

/** The steps that take long, or those that fail; bars compare them, the numbers stand beside. */
export function StepsCard({ kind, steps, executions }: StepsCardProps) {
  const t = useMessages(statisticsMessages);
  const locale = useLocale();
  const number = new Intl.NumberFormat(locale);
  const length = (step: StepStatistics) => (kind === "slow" ? (step.duration_s?.p95 ?? 0) : step.failed);
  const most = Math.max(...steps.map(length), Number.MIN_VALUE);
  const title = t(kind === "slow" ? "slowTitle" : "failTitle");
  return (
    <section className={styles.card} aria-label={title} data-testid={`card-${kind}`}>
      <header>
        <h2 className={styles.heading}>{title}</h2>
        <p className={styles.note}>{t("stepsHelp", { count: executions })}</p>
      </header>
      {steps.length === 0 ? (
        <p className={styles.note}>{t(kind === "slow" ? "noTimes" : "noFailures")}</p>
      ) : (
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">{t("step")}</th>
              {(kind === "slow" ? [t("p50Line"), t("p95Line")] : [t("failed"), t("retried")]).map((head) => (
                <th key={head} scope="col" className={styles.number}>
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {steps.map((step) => (
              <tr key={step.node_id} data-testid={`${kind}-${step.node_id}`}>
                <th scope="row">
                  <span className={styles.step}>{step.name}</span>
                  <span className={styles.lane} aria-hidden>
                    <i data-kind={kind} style={{ inlineSize: `${(100 * length(step)) / most}%` }} />
                  </span>
                </th>
                <td className={styles.number}>{kind === "slow" ? formatDuration(step.duration_s?.p50, locale) : t("failedOf", { failed: step.failed, ended: step.ended })}</td>
                <td className={styles.number}>{kind === "slow" ? formatDuration(step.duration_s?.p95, locale) : number.format(step.retried)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
