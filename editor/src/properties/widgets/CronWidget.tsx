import { useQuery } from "@tanstack/react-query";
import { useLocale, useMessages } from "../../i18n/useMessages";
import type { Json } from "../../schema/jsonSchema";
import { cronParts } from "../cronParts";
import type { CronField } from "../fieldSpec";
import { effectiveValue } from "../fieldState";
import { useForm } from "../formContext";
import { propertiesMessages } from "../messages";
import { previewCron, type CronSchedule } from "../queries";
import { useSettled } from "../useExpressionPreview";
import { CronBuilder } from "./CronBuilder";
import type { WidgetProps } from "./types";
import styles from "./widgets.module.css";

/** A schedule as text, with its fields named and the next runs beneath. */
export function CronWidget({ field, value, onChange, inputId, describedBy, invalid, label, siblings }: WidgetProps<CronField>) {
  const t = useMessages(propertiesMessages);
  const form = useForm();
  const actual = effectiveValue(field, value);
  const expression = typeof actual === "string" ? actual : "";
  // A time zone beside the schedule wins over the workflow's own.
  const sibling = siblings["timezone"];
  const timezone = typeof sibling === "string" && sibling !== "" ? sibling : form.workflowTimezone;
  const parts = cronParts(expression);
  const schedule: CronSchedule = {
    expression: expression.trim(),
    further: textsOf(siblings["further_expressions"]),
    timezone,
    startAt: textOf(siblings["start_at"]),
    endAt: textOf(siblings["end_at"]),
  };
  return (
    <div className={styles.cron}>
      {!form.readOnly && <CronBuilder expression={expression} onChange={onChange} />}
      <input
        id={inputId}
        className={styles.input}
        data-mono
        value={expression}
        readOnly={form.readOnly}
        aria-label={label}
        aria-describedby={describedBy}
        aria-invalid={invalid || undefined}
        placeholder={field.placeholder || "0 9 * * 1-5"}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => onChange(event.target.value)}
      />
      {parts && (
        <dl className={styles.cronParts}>
          {parts.map((part) => (
            <div key={part.name}>
              <dd>{part.text}</dd>
              <dt>{t(part.name)}</dt>
            </div>
          ))}
        </dl>
      )}
      {expression.trim() !== "" && <NextRuns schedule={schedule} />}
    </div>
  );
}

function NextRuns({ schedule }: { schedule: CronSchedule }) {
  const t = useMessages(propertiesMessages);
  const locale = useLocale();
  const text = JSON.stringify(schedule);
  const settled = useSettled(text, 350);
  const query = useQuery({
    queryKey: ["cron-preview", settled],
    queryFn: ({ signal }) => previewCron(JSON.parse(settled) as CronSchedule, signal),
    retry: false,
    staleTime: 30_000,
  });
  const { timezone } = schedule;
  const readings = query.data?.readings ?? [];
  const fault = query.error?.message ?? query.data?.fault;
  if (fault) {
    return (
      <p className={styles.fault} role="status" data-testid="cron-error">
        {fault}
      </p>
    );
  }
  return (
    <div className={styles.nextRuns} data-testid="cron-next" data-stale={query.isPending || settled !== text || undefined}>
      {readings.map((reading) => (
        <p key={reading.expression} className={styles.reading} data-testid="cron-reading">
          {(locale.startsWith("ru") ? reading.ru : reading.en) || reading.expression}
        </p>
      ))}
      <div className={styles.nextHead}>
        <span>{t("cronNext")}</span>
        <span>{t("cronIn", { timezone })}</span>
      </div>
      <ol>
        {(query.data?.nextRuns ?? []).map((moment) => (
          <li key={moment}>
            <time dateTime={moment}>{formatRun(moment, timezone, locale)}</time> <span className={styles.offset}>{offsetOf(moment)}</span>
          </li>
        ))}
      </ol>
      {query.data?.nextRuns.length === 0 && <p>{t("cronNever")}</p>}
    </div>
  );
}

function formatRun(iso: string, timezone: string, locale: string): string {
  const options: Intl.DateTimeFormatOptions = { weekday: "short", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" };
  try {
    return new Intl.DateTimeFormat(locale, { ...options, timeZone: timezone }).format(new Date(iso));
  } catch {
    // The browser does not know the zone; the server's text names the offset itself.
    return iso;
  }
}

/** The UTC offset that a moment of the server is told in: what changes with the clocks. */
function offsetOf(moment: string): string {
  const offset = /(Z|[+-]\d{2}:\d{2})$/.exec(moment)?.[1] ?? "";
  return offset === "Z" || offset === "+00:00" ? "UTC" : `UTC${offset.replace("-", "\u2212")}`;
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

function textsOf(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string" && item.trim() !== "") : [];
}
