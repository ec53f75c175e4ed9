import type { Statistics } from "../api/statistics";
import { Tiles, type Tile } from "../components/Tiles";
import { useLocale, useMessages } from "../i18n/useMessages";
import { formatDuration } from "../runs/format";
import { formatShare } from "./formats";
import { statisticsMessages } from "./messages";

/** All days together. */
export function StatisticsNumbers({ total }: { total: Statistics["total"] }) {
  const t = useMessages(statisticsMessages);
  const locale = useLocale();
  const number = new Intl.NumberFormat(locale);
  const times = total.duration_s;
  const tiles: Tile[] = [
    { id: "total", label: t("total"), value: number.format(total.total), note: `${t("success")}: ${number.format(total.success)}` },
    { id: "failed", label: t("failed"), value: number.format(total.failed), note: `${t("cancelled")}: ${number.format(total.cancelled)}`, ...(total.failed > 0 && { tone: "danger" as const }) },
    { id: "rate", label: t("rate"), value: formatShare(total.success_rate, locale), note: t("rateHelp") },
    { id: "median", label: t("median"), value: formatDuration(times?.p50, locale), note: t("durationHelp") },
    { id: "p95", label: t("p95"), value: formatDuration(times?.p95, locale), note: t("p99Is", { value: formatDuration(times?.p99, locale) }) },
    { id: "active", label: t("active"), value: number.format(total.running + total.queued) },
  ];
  return <Tiles tiles={tiles} label={t("numbers")} name="statistics" width="130px" />;
}
