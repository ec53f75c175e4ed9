import { useLocale, useMessages } from "../../i18n/useMessages";
import { MINUTE_STEPS, readCron, REPEATS, WEEKDAYS, withRepeat, writeCron, type BuiltCron, type Repeat } from "../cronBuilder";
import { propertiesMessages } from "../messages";
import styles from "./widgets.module.css";

export interface CronBuilderProps {
  expression: string;
  onChange: (expression: string) => void;
}

const REPEAT_LABELS = { minutes: "cronMinutes", hourly: "cronHourly", daily: "cronDaily", weekly: "cronWeekly", monthly: "cronMonthly" } as const;
// A Sunday, from which the days of a week are named.
const SUNDAY = Date.UTC(2026, 0, 4);

/** How often and when, as choices; what they cannot say is left to the expression. */
export function CronBuilder({ expression, onChange }: CronBuilderProps) {
  const t = useMessages(propertiesMessages);
  const built = readCron(expression);
  const change = (patch: Partial<BuiltCron>) => built && onChange(writeCron({ ...built, ...patch }));
  return (
    <div className={styles.cronBuilder} role="group" aria-label={t("cronBuilder")}>
      <select
        className={styles.input}
        aria-label={t("cronRepeat")}
        data-testid="cron-repeat"
        value={built?.repeat ?? "custom"}
        onChange={(event) => {
          if (event.target.value !== "custom") onChange(withRepeat(expression, event.target.value as Repeat));
        }}
      >
        {REPEATS.map((repeat) => (
          <option key={repeat} value={repeat}>
            {t(REPEAT_LABELS[repeat])}
          </option>
        ))}
        <option value="custom" disabled={built !== null}>
          {t("cronCustom")}
        </option>
      </select>
      {built?.repeat === "minutes" && (
        <select className={styles.input} aria-label={t("cronEvery")} data-testid="cron-every" value={built.every} onChange={(event) => change({ every: Number(event.target.value) })}>
          {MINUTE_STEPS.map((step) => (
            <option key={step} value={step}>
              {t("cronEveryMinutes", { count: step })}
            </option>
          ))}
        </select>
      )}
      {built?.repeat === "hourly" && (
        <label className={styles.cronPart}>
          {t("cronAtMinute")}
          <input className={styles.input} type="number" min={0} max={59} data-testid="cron-minute" value={built.minute} onChange={(event) => change({ minute: bounded(event.target.value, 0, 59) })} />
        </label>
      )}
      {built?.repeat === "monthly" && (
        <label className={styles.cronPart}>
          {t("cronOnDay")}
          <select className={styles.input} data-testid="cron-day" value={built.day ?? "L"} onChange={(event) => change({ day: event.target.value === "L" ? null : Number(event.target.value) })}>
            {Array.from({ length: 31 }, (_, index) => (
              <option key={index} value={index + 1}>
                {index + 1}
              </option>
            ))}
            <option value="L">{t("cronLastDay")}</option>
          </select>
        </label>
      )}
      {built && ["daily", "weekly", "monthly"].includes(built.repeat) && (
        <label className={styles.cronPart}>
          {t("cronAt")}
          <input
            className={styles.input}
            type="time"
            data-testid="cron-time"
            value={`${twoDigits(built.hour)}:${twoDigits(built.minute)}`}
            onChange={(event) => {
              const [hour, minute] = event.target.value.split(":").map(Number);
              if (hour !== undefined && minute !== undefined) change({ hour, minute });
            }}
          />
        </label>
      )}
      {built?.repeat === "weekly" && <Weekdays chosen={built.weekdays} onChange={(weekdays) => change({ weekdays })} />}
    </div>
  );
}

function Weekdays({ chosen, onChange }: { chosen: readonly number[]; onChange: (days: number[]) => void }) {
  const t = useMessages(propertiesMessages);
  const locale = useLocale();
  const names = new Intl.DateTimeFormat(locale, { weekday: "short", timeZone: "UTC" });
  return (
    <div className={styles.weekdays} role="group" aria-label={t("cronWeekdays")}>
      {WEEKDAYS.map((day) => {
        const on = chosen.includes(day);
        return (
          <button
            key={day}
            type="button"
            aria-pressed={on}
            data-testid={`cron-weekday-${day}`}
            onClick={() => {
              const next = on ? chosen.filter((other) => other !== day) : [...chosen, day];
              // A schedule without a day would never fire, and one with all of them is daily.
              if (next.length > 0 && next.length < WEEKDAYS.length) onChange(next);
            }}
          >
            {names.format(SUNDAY + day * 86_400_000)}
          </button>
        );
      })}
    </div>
  );
}

function twoDigits(number: number): string {
  return String(number).padStart(2, "0");
}

function bounded(text: string, least: number, most: number): number {
  const number = Math.trunc(Number(text));
  return Number.isFinite(number) ? Math.min(most, Math.max(least, number)) : least;
}
