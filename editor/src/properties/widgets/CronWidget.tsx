import { useQuery } from "@tanstack/react-query";
import { useLocale, useMessages } from "../../i18n/useMessages";
import { CRON_PRESETS, cronParts } from "../cronParts";
import type { CronField } from "../fieldSpec";
import { effectiveValue } from "../fieldState";
import { useForm } from "../formContext";
import { propertiesMessages } from "../messages";
import { previewCron } from "../queries";
import { useSettled } from "../useExpressionPreview";
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
  return (
    <div className={styles.cron}>
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
      {!form.readOnly && (
        <div className={styles.presets} role="group" aria-label={t("cronPresets")}>
          {CRON_PRESETS.map((preset) => (
            <button key={preset.expression} type="button" aria-pressed={preset.expression === expression.trim()} onClick={() => onChange(preset.expression)}>
              {t(preset.label)}
            </button>
          ))}
        </div>
      )}
      {expression.trim() !== "" && <NextRuns expression={expression.trim()} timezone={timezone} />}
    </div>
  );
}

function NextRuns({ expression, timezone }: { expression: string; timezone: string }) {
  const t = useMessages(propertiesMessages);
  const locale = useLocale();
  const settled = useSettled(expression, 350);
  const query = useQuery({
    queryKey: ["cron-preview", settled, timezone],
    queryFn: ({ signal }) => previewCron(settled, timezone, signal),
    retry: false,
    staleTime: 30_000,
  });
  const fault = query.error?.message ?? query.data?.fault;
  if (fault) {
    return (
      <p className={styles.fault} role="status" data-testid="cron-error">
        {fault}
      </p>
    );
  }
  return (
    <div className={styles.nextRuns} data-testid="cron-next" data-stale={query.isPending || settled !== expression || undefined}>
      <div className={styles.nextHead}>
        <span>{t("cronNext")}</span>
        <span>{t("cronIn", { timezone })}</span>
      </div>
      <ol>
        {(query.data?.nextRuns ?? []).map((moment) => (
          <li key={moment}>
            <time dateTime={moment}>{formatRun(moment, timezone, locale)}</time>
          </li>
        ))}
      </ol>
    </div>
  );
}

function formatRun(iso: string, timezone: string, locale: string): string {
  const options: Intl.DateTimeFormatOptions = { weekday: "short", day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit" };
  try {
    return new Intl.DateTimeFormat(locale, { ...options, timeZone: timezone }).format(new Date(iso));
  } catch {
    // The browser does not know the zone; the server's text names the offset itself.
    return iso;
  }
}
