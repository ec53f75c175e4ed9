import { ChartColumn, Table2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import type { DayStatistics } from "../api/statistics";
import { Button } from "../components/Button";
import { Spinner } from "../components/Spinner";
import { useMessages } from "../i18n/useMessages";
import { DayTable } from "./DayTable";
import { statisticsMessages } from "./messages";
import type { ChartKind } from "./series";
import styles from "./statistics.module.css";

// The library that draws comes with the first chart, after the numbers.
const DayChart = lazy(async () => ({ default: (await import("./DayChart")).DayChart }));

export interface ChartCardProps {
  chart: ChartKind;
  days: readonly DayStatistics[];
  workflowId: string;
  note?: string;
}

/** A chart, or the same numbers as a table. */
export function ChartCard({ chart, days, workflowId, note }: ChartCardProps) {
  const t = useMessages(statisticsMessages);
  const [asTable, setAsTable] = useState(false);
  const title = t(chart.title);
  return (
    <section className={styles.card} aria-label={title} data-testid={`card-${chart.id}`} data-wide={chart.shape === "bars" || undefined}>
      <header className={styles.cardHead}>
        <div>
          <h2 className={styles.heading}>{title}</h2>
          {note && <p className={styles.note}>{note}</p>}
        </div>
        <Button
          size="small"
          variant="ghost"
          icon={asTable ? <ChartColumn /> : <Table2 />}
          aria-label={t(asTable ? "asChartOf" : "asTableOf", { title })}
          testId={`toggle-${chart.id}`}
          onClick={() => setAsTable(!asTable)}
        >
          {t(asTable ? "asChart" : "asTable")}
        </Button>
      </header>
      {asTable ? (
        <DayTable chart={chart} days={days} workflowId={workflowId} />
      ) : (
        <Suspense
          fallback={
            <div className={styles.chart} data-waiting>
              <Spinner label={t("loading")} />
            </div>
          }
        >
          <DayChart chart={chart} days={days} workflowId={workflowId} />
        </Suspense>
      )}
    </section>
  );
}
