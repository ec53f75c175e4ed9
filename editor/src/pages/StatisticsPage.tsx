import { ArrowLeft, History, PencilRuler } from "lucide-react";
import { useStatistics } from "../api/statistics";
import list from "../components/list.module.css";
import { useMessages } from "../i18n/useMessages";
import { Link } from "../island/Link";
import { navigate, statisticsPath, workflowPath } from "../island/route";
import { statisticsMessages } from "../statistics/messages";
import { localZone, RANGES, readRange, toQuery, writeRange } from "../statistics/range";
import styles from "../statistics/statistics.module.css";
import { StatisticsView } from "../statistics/StatisticsView";

/** How a workflow fares over time; the days that are looked at stand in the address. */
export function StatisticsPage({ workflowId, search }: { workflowId: string; search: string }) {
  const t = useMessages(statisticsMessages);
  const range = readRange(search);
  const query = toQuery(range, localZone());
  const name = useStatistics(workflowId, query).data?.workflow_name ?? workflowId;
  return (
    <main className={list.page}>
      <div className={list.content}>
        <Link to="/" className={list.back} data-testid="back-to-list">
          <ArrowLeft size={15} aria-hidden /> {t("toList")}
        </Link>
        <div className={styles.top}>
          <h1 className={list.title}>
            {name} <small>{t("title")}</small>
          </h1>
          <nav className={styles.ways} aria-label={name}>
            <Link to={workflowPath(workflowId)} className={styles.way} data-testid="to-editor">
              <PencilRuler size={14} aria-hidden /> {t("toEditor")}
            </Link>
            <Link to={`/executions?workflow=${encodeURIComponent(workflowId)}`} className={styles.way} data-testid="to-executions">
              <History size={14} aria-hidden /> {t("toExecutions")}
            </Link>
          </nav>
          <div className={styles.ranges} role="group" aria-label={t("range")}>
            {RANGES.map((one) => (
              <button key={one} type="button" aria-pressed={one === range} data-testid={`range-${one}`} onClick={() => navigate(statisticsPath(workflowId) + writeRange(one), { replace: true })}>
                {t("days", { count: one })}
              </button>
            ))}
          </div>
        </div>
        <StatisticsView workflowId={workflowId} query={query} />
      </div>
    </main>
  );
}
