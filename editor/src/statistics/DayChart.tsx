import { useRef } from "react";
import { Bar, BarChart, CartesianGrid, Legend, Line, LineChart, Tooltip, XAxis, YAxis } from "recharts";
import type { DayStatistics } from "../api/statistics";
import { useLocale, useMessages } from "../i18n/useMessages";
import { navigate } from "../island/route";
import { dayPath } from "./DayTable";
import { formatDay } from "./formats";
import { statisticsMessages } from "./messages";
import type { ChartKind, Series } from "./series";
import styles from "./statistics.module.css";
import { useSize } from "./useSize";

export interface DayChartProps {
  chart: ChartKind;
  days: readonly DayStatistics[];
  workflowId: string;
}

const MARGIN = { top: 8, right: 12, bottom: 2, left: 4 };
const AXIS = { stroke: "var(--ff-border-strong)", tick: { fill: "var(--ff-text-muted)", fontSize: 12 }, tickLine: false } as const;

/** Days from left to right. It takes the focus, and arrow keys show one day after another. */
export function DayChart({ chart, days, workflowId }: DayChartProps) {
  const t = useMessages(statisticsMessages);
  const locale = useLocale();
  const place = useRef<HTMLDivElement>(null);
  const size = useSize(place);
  const rows = days.map((day) => ({ ...day, ...Object.fromEntries(chart.series.map((series) => [series.key, series.value(day)])) }));
  const label = t("chartOf", { title: t(chart.title), count: days.length });
  const frame = [
    <CartesianGrid key="grid" vertical={false} stroke="var(--ff-border)" />,
    <XAxis key="x" dataKey="day" {...AXIS} minTickGap={24} tickFormatter={(day: string) => formatDay(day, locale)} />,
    <YAxis
      key="y"
      {...AXIS}
      axisLine={false}
      width={chart.axisWidth ?? "auto"}
      allowDecimals={chart.id !== "runs"}
      domain={[0, chart.most ?? "auto"]}
      tickFormatter={(value: number) => chart.format(value, locale)}
    />,
    <Tooltip
      key="tip"
      // A day without any is told, too.
      filterNull={false}
      isAnimationActive={false}
      cursor={{ fill: "var(--ff-bg-hover)", stroke: "var(--ff-border-strong)" }}
      content={({ active, payload }) => {
        const day = active ? (payload[0]?.payload as DayStatistics | undefined) : undefined;
        return day ? <DayTip chart={chart} day={day} /> : null;
      }}
    />,
    chart.series.length > 1 && <Legend key="legend" content={() => <Key series={chart.series} />} />,
  ];
  return (
    <div ref={place} className={styles.chart} data-shape={chart.shape} data-testid={`chart-${chart.id}`}>
      {chart.shape === "bars" ? (
        <BarChart
          {...size}
          data={rows}
          margin={MARGIN}
          maxBarSize={36}
          barCategoryGap="18%"
          title={label}
          onClick={({ activeIndex }) => {
            const day = days[Number(activeIndex)];
            if (day && day.total > 0) navigate(dayPath(workflowId, day));
          }}
        >
          {frame}
          {chart.series.map((series) => (
            <Bar key={series.key} dataKey={series.key} stackId="all" fill={series.color} isAnimationActive={false} />
          ))}
        </BarChart>
      ) : (
        <LineChart {...size} data={rows} margin={MARGIN} title={label}>
          {frame}
          {chart.series.map((series) => (
            <Line
              key={series.key}
              dataKey={series.key}
              type="linear"
              stroke={series.color}
              strokeWidth={2}
              {...(series.dash && { strokeDasharray: series.dash })}
              // Days without any are gaps; a dot shows the one between two of them.
              connectNulls={false}
              dot={{ r: 2.5, strokeWidth: 0, fill: series.color }}
              isAnimationActive={false}
            />
          ))}
        </LineChart>
      )}
    </div>
  );
}

function DayTip({ chart, day }: { chart: ChartKind; day: DayStatistics }) {
  const t = useMessages(statisticsMessages);
  const locale = useLocale();
  return (
    <div className={styles.tip} role="status" data-testid={`tip-${chart.id}`}>
      <b>{formatDay(day.day, locale, true)}</b>
      {chart.series.map((series) => (
        <span key={series.key} className={styles.tipRow}>
          <Mark series={series} />
          {t(series.key)}
          <b>{chart.format(series.value(day), locale)}</b>
        </span>
      ))}
    </div>
  );
}

function Key({ series }: { series: readonly Series[] }) {
  const t = useMessages(statisticsMessages);
  return (
    <ul className={styles.key}>
      {series.map((one) => (
        <li key={one.key}>
          <Mark series={one} />
          {t(one.key)}
        </li>
      ))}
    </ul>
  );
}

function Mark({ series }: { series: Series }) {
  return (
    <svg width="14" height="10" aria-hidden className={styles.mark}>
      {series.dash === undefined && !series.key.startsWith("p") ? (
        <rect x="2" width="10" height="10" rx="2" fill={series.color} />
      ) : (
        <line x1="0" x2="14" y1="5" y2="5" stroke={series.color} strokeWidth="2.5" strokeDasharray={series.dash} />
      )}
    </svg>
  );
}
