import type { Statistics } from "../api/statistics";
import { useLocale, useMessages } from "../i18n/useMessages";
import { TriggerIcon, TriggerName } from "../runs/TriggerName";
import { formatShare } from "./formats";
import { statisticsMessages } from "./messages";
import styles from "./statistics.module.css";

/** What has started the executions. */
export function TriggersCard({ statistics }: { statistics: Statistics }) {
  const t = useMessages(statisticsMessages);
  const locale = useLocale();
  const number = new Intl.NumberFormat(locale);
  const total = statistics.total.total;
  return (
    <section className={styles.card} aria-label={t("triggersTitle")} data-testid="card-triggers">
      <h2 className={styles.heading}>{t("triggersTitle")}</h2>
      <ul className={styles.facts}>
        {statistics.triggers.map((trigger) => (
          <li key={trigger.type} className={styles.fact}>
            <span className={styles.name}>
              <TriggerIcon type={trigger.type} /> <TriggerName type={trigger.type} />
            </span>
            <b>{number.format(trigger.total)}</b>
            <span className={styles.note}>{formatShare(trigger.total / total, locale)}</span>
            <span className={styles.lane} aria-hidden>
              <i style={{ inlineSize: `${(100 * trigger.total) / total}%` }} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** When its schedules start it next, in the time zone of the page. */
export function NextRunsCard({ statistics }: { statistics: Statistics }) {
  const t = useMessages(statisticsMessages);
  const locale = useLocale();
  const moment = new Intl.DateTimeFormat(locale, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone: statistics.timezone });
  return (
    <section className={styles.card} aria-label={t("nextTitle")} data-testid="card-next">
      <h2 className={styles.heading}>{t("nextTitle")}</h2>
      {statistics.next_runs.length === 0 ? (
        <p className={styles.note}>{t(`schedule.${statistics.schedule}`)}</p>
      ) : (
        <ol className={styles.facts}>
          {statistics.next_runs.map((run) => (
            <li key={`${run.at} ${run.node_id}`} className={styles.fact}>
              <time className={styles.name} dateTime={run.at}>
                {moment.format(new Date(run.at))}
              </time>
              <span className={styles.note}>{run.name}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
