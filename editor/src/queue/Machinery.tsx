import type { QueueStats } from "../api/queue";
import { Badge } from "../components/Badge";
import list from "../components/list.module.css";
import { formatAgo } from "../components/formatAgo";
import { useLocale, useMessages } from "../i18n/useMessages";
import { queueMessages } from "./messages";
import styles from "./queue.module.css";

const TONES = { healthy: "success", unhealthy: "danger", absent: "danger" } as const;
const BROKER = { ok: "brokerOk", unreachable: "brokerUnreachable", unsupported: "brokerUnsupported" } as const;

/** Airflow's parts that do the work: scheduler, triggerer, executor, with Celery its broker and workers. */
export function Machinery({ stats }: { stats: QueueStats }) {
  const t = useMessages(queueMessages);
  const locale = useLocale();
  const { executor } = stats;
  return (
    <section className={styles.section}>
      <h2 className={styles.heading}>{t("machinery")}</h2>
      <dl className={styles.parts} data-testid="machinery">
        {(["scheduler", "triggerer"] as const).map((part) => (
          <div key={part} className={styles.part}>
            <dt>{t(part)}</dt>
            <dd>
              <Badge tone={TONES[stats[part].status]} dot>
                {t(stats[part].status)}
              </Badge>
              {stats[part].status !== "healthy" && stats[part].latest_heartbeat && (
                <span className={list.muted}>{t("lastHeard", { time: formatAgo(stats[part].latest_heartbeat, locale) })}</span>
              )}
            </dd>
          </div>
        ))}
        <div className={styles.part}>
          <dt>{t("executor")}</dt>
          <dd>
            {executor.name} <span className={list.muted}>{t("slots", { occupied: executor.occupied, parallelism: executor.parallelism })}</span>
          </dd>
        </div>
        {executor.broker && <Broker broker={executor.broker} />}
      </dl>
    </section>
  );
}

function Broker({ broker }: { broker: NonNullable<QueueStats["executor"]["broker"]> }) {
  const t = useMessages(queueMessages);
  return (
    <>
      <div className={styles.part}>
        <dt>{t("broker")}</dt>
        <dd>
          <Badge tone={broker.status === "ok" ? "success" : broker.status === "unreachable" ? "danger" : "neutral"} dot>
            {t(BROKER[broker.status])}
          </Badge>
          {broker.error && <span className={list.error}>{broker.error}</span>}
        </dd>
      </div>
      {broker.queues.map((queue) => (
        <div key={queue.name} className={styles.part}>
          <dt>{t("brokerQueue", { name: queue.name })}</dt>
          <dd>{t("depth", { count: queue.depth })}</dd>
        </div>
      ))}
      {broker.workers.map((worker) => (
        <div key={worker.name} className={styles.part}>
          <dt>{t("worker", { name: worker.name })}</dt>
          <dd>{t("workerLoad", { active: worker.active, concurrency: worker.concurrency ?? "?", reserved: worker.reserved })}</dd>
        </div>
      ))}
      {broker.status === "ok" && broker.workers.length === 0 && (
        <div className={styles.part}>
          <dt>{t("workers")}</dt>
          <dd>
            <Badge tone="danger" dot>
              {t("noWorkers")}
            </Badge>
          </dd>
        </div>
      )}
    </>
  );
}
