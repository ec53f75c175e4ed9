import type { Statistics } from "../api/statistics";
import { useLocale, useMessages } from "../i18n/useMessages";
import { formatDuration } from "../runs/format";
import { formatShare } from "./formats";
import { statisticsMessages } from "./messages";
import styles from "./statistics.module.css";

/** All days together. */
export function StatisticsNumbers({ total }: { total: Statistics["total"] }) {
  const t = useMessages(statisticsMessages);
  const locale = useLocale();
  const number = new Intl.NumberFormat(locale);
  const times = total.duration_s;
  const tiles: { id: string; label: string; value: string; note?: string; tone?: "danger" }[] = [
    { id: "total", label: t("total"), value: number.format(total.total), note: `${t("success")}: ${number.format(total.success)}` },
    { id: "failed", label: t("failed"), value: number.format(total.failed), note: `${t("cancelled")}: ${number.format(total.cancelled)}`, ...(total.failed > 0 && { tone: "danger" as const }) },
    { id: "rate", label: t("rate"), value: formatShare(total.success_rate, locale), note: t("rateHelp") },
    { id: "median", label: t("median"), value: formatDuration(times?.p50, locale), note: t("durationHelp") },
    { id: "p95", label: t("p95"), value: formatDuration(times?.p95, locale), note: t("p99Is", { value: formatDuration(times?.p99, locale) }) },
    { id: "active", label: t("active"), value: number.format(total.running + total.queued) },
  ];
  return (
    <dl className={styles.tiles} aria-label={t("numbers")}>
      {tiles.map((tile) => (
        <div key={tile.id} className={styles.tile} data-testid={`statistics-${tile.id}`}>
          <dt>{tile.label}</dt>
          <dd className={styles.value} data-tone={tile.tone}>
            {tile.value}
          </dd>
          {tile.note && <dd className={styles.note}>{tile.note}</dd>}
        </div>
      ))}
    </dl>
  );
}
