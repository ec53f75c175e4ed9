import type { QueueStats } from "../api/queue";
import { formatAgo } from "../components/formatAgo";
import list from "../components/list.module.css";
import { useLocale, useMessages } from "../i18n/useMessages";
import { Link } from "../island/Link";
import { executionPath } from "../island/route";
import { queueMessages } from "./messages";
import styles from "./queue.module.css";

/** Executions that may run although they are paused. */
export function LetThroughList({ entries }: { entries: QueueStats["let_through"] }) {
  const t = useMessages(queueMessages);
  const locale = useLocale();
  if (entries.length === 0) return null;
  return (
    <section className={styles.section} data-testid="let-through">
      <h2 className={styles.heading}>{t("through")}</h2>
      <ul className={styles.plain}>
        {entries.map((one) => (
          <li key={one.execution_id}>
            <Link to={executionPath(one.execution_id)} className={list.link}>
              {one.execution_id}
            </Link>{" "}
            <span className={list.muted}>{t("throughBy", { user: one.asked_by, time: formatAgo(one.asked_at, locale) })}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
