import type { DayStatistics } from "../api/statistics";
import { useLocale, useMessages } from "../i18n/useMessages";
import { Link } from "../island/Link";
import { formatDay } from "./formats";
import { statisticsMessages } from "./messages";
import { toLocalField } from "./range";
import type { ChartKind } from "./series";
import styles from "./statistics.module.css";

export interface DayTableProps {
  chart: ChartKind;
  days: readonly DayStatistics[];
  workflowId: string;
}

/** The numbers of a chart, newest first; each day leads to its executions. */
export function DayTable({ chart, days, workflowId }: DayTableProps) {
  const t = useMessages(statisticsMessages);
  const locale = useLocale();
  return (
    <div className={styles.scroll}>
      <table className={styles.table} data-testid={`table-${chart.id}`}>
        <caption className={styles.caption}>{t(chart.title)}</caption>
        <thead>
          <tr>
            <th scope="col">{t("day")}</th>
            {chart.series.map((series) => (
              <th key={series.key} scope="col" className={styles.number}>
                {t(series.key)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {[...days].reverse().map((day) => (
            <tr key={day.day}>
              <th scope="row">
                {day.total > 0 ? (
                  <Link to={dayPath(workflowId, day)} title={t("showDay", { day: formatDay(day.day, locale, true) })}>
                    {formatDay(day.day, locale, true)}
                  </Link>
                ) : (
                  formatDay(day.day, locale, true)
                )}
              </th>
              {chart.series.map((series) => (
                <td key={series.key} className={styles.number}>
                  {chart.format(series.value(day), locale)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The list of executions of one day. */
export function dayPath(workflowId: string, day: Pick<DayStatistics, "begins_at" | "ends_at">): string {
  return `/executions?${new URLSearchParams({ workflow: workflowId, from: toLocalField(day.begins_at), to: toLocalField(day.ends_at) }).toString()}`;
}
