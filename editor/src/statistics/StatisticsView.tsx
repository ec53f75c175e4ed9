import { ChartColumn, CircleX } from "lucide-react";
import { describeError } from "../api/client";
import { useStatistics, type StatisticsQuery } from "../api/statistics";
import { Button } from "../components/Button";
import { EmptyState } from "../components/EmptyState";
import list from "../components/list.module.css";
import { Spinner } from "../components/Spinner";
import { useLocale, useMessages } from "../i18n/useMessages";
import { navigate, workflowPath } from "../island/route";
import { ChartCard } from "./ChartCard";
import { formatShare } from "./formats";
import { statisticsMessages } from "./messages";
import { NextRunsCard, TriggersCard } from "./OriginCards";
import { CHARTS } from "./series";
import styles from "./statistics.module.css";
import { StatisticsNumbers } from "./StatisticsNumbers";
import { StepsCard } from "./StepsCard";

/** What the executions of a workflow have come to on some days. */
export function StatisticsView({ workflowId, query }: { workflowId: string; query: StatisticsQuery }) {
  const t = useMessages(statisticsMessages);
  const locale = useLocale();
  const statistics = useStatistics(workflowId, query);
  const data = statistics.data;
  if (statistics.isPending) {
    return (
      <div className={list.empty}>
        <Spinner label={t("loading")} />
      </div>
    );
  }
  if (!data) {
    return <EmptyState alert icon={<CircleX />} title={t("failedTitle")} text={describeError(statistics.error)} actions={<Button onClick={() => void statistics.refetch()}>{t("retry")}</Button>} />;
  }
  if (!data.has_run) {
    return (
      <>
        <EmptyState
          testId="never-ran"
          icon={<ChartColumn />}
          title={t("neverTitle")}
          text={t("neverText")}
          actions={
            <Button variant="primary" onClick={() => navigate(workflowPath(workflowId))}>
              {t("openEditor")}
            </Button>
          }
        />
        {data.schedule !== "none" && <NextRunsCard statistics={data} />}
      </>
    );
  }
  const note = data.timed_share < 1 ? t("durationShare", { share: formatShare(data.timed_share, locale) }) : t("durationHelp");
  return (
    <div className={styles.view} aria-busy={statistics.isPlaceholderData} data-testid="statistics">
      <StatisticsNumbers total={data.total} />
      {data.total.total === 0 ? (
        <EmptyState testId="no-days" icon={<ChartColumn />} title={t("noneTitle")} text={t("noneText")} />
      ) : (
        <>
          <div className={styles.cards}>
            {CHARTS.map((chart) => (
              <ChartCard key={chart.id} chart={chart} days={data.days} workflowId={workflowId} {...(chart.id === "duration" && { note })} />
            ))}
          </div>
          <div className={styles.cards}>
            <StepsCard kind="slow" steps={data.slowest_steps} executions={data.step_executions} />
            <StepsCard kind="fail" steps={data.failing_steps} executions={data.step_executions} />
            <TriggersCard statistics={data} />
            <NextRunsCard statistics={data} />
          </div>
        </>
      )}
      {data.total.total === 0 && data.schedule !== "none" && <NextRunsCard statistics={data} />}
      <p className={styles.note}>{t("zone", { zone: data.timezone })}</p>
    </div>
  );
}
