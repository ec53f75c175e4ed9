import { useId, useMemo } from "react";
import { Choice, Choices } from "../components/Choice";
import { Field, inputClass } from "../components/Field";
import list from "../components/list.module.css";
import { useLocale, useMessages } from "../i18n/useMessages";
import styles from "./alerts.module.css";
import { alertMessages } from "./messages";
import { nameOfDay, timeZones, WEEK, type QuietForm } from "./quietForm";
import type { RuleFault } from "./ruleForm";

export interface QuietHoursProps {
  form: QuietForm;
  wrong: ReadonlySet<RuleFault>;
  onChange: (form: QuietForm) => void;
}

/** When nothing is sent: a switch, and what it needs once it is on. */
export function QuietHours({ form, wrong, onChange }: QuietHoursProps) {
  const t = useMessages(alertMessages);
  const locale = useLocale();
  const zones = useMemo(timeZones, []);
  const zonesId = useId();
  const patch = (change: Partial<QuietForm>) => onChange({ ...form, ...change });
  const toggle = (day: number) => patch({ days: form.days.includes(day) ? form.days.filter((one) => one !== day) : [...form.days, day] });
  return (
    <Choices legend={t("quietHours")}>
      <Choice input={<input type="checkbox" checked={form.on} data-testid="rule-quiet" onChange={() => patch({ on: !form.on })} />} text={t("quietOn")} />
      {form.on && (
        <div className={styles.quiet}>
          <div className={styles.pair}>
            <Field label={t("quietStart")} error={wrong.has("quiet_start") ? t("clock") : null}>
              {({ id, describedBy, invalid }) => <input id={id} type="time" className={inputClass} aria-describedby={describedBy} aria-invalid={invalid} data-testid="rule-quiet-start" value={form.start} onChange={(event) => patch({ start: event.target.value })} />}
            </Field>
            <Field label={t("quietEnd")} error={!wrong.has("quiet_end") ? null : t(form.end !== "" && form.end === form.start ? "otherEnd" : "clock")}>
              {({ id, describedBy, invalid }) => <input id={id} type="time" className={inputClass} aria-describedby={describedBy} aria-invalid={invalid} data-testid="rule-quiet-end" value={form.end} onChange={(event) => patch({ end: event.target.value })} />}
            </Field>
          </div>
          <Field label={t("timezone")} help={t("timezoneHelp")} error={wrong.has("quiet_timezone") ? t("noTimezone") : null}>
            {({ id, describedBy, invalid }) => (
              <input id={id} list={zonesId} className={inputClass} aria-describedby={describedBy} aria-invalid={invalid} data-testid="rule-quiet-timezone" value={form.timezone} onChange={(event) => patch({ timezone: event.target.value })} />
            )}
          </Field>
          <datalist id={zonesId}>
            {zones.map((zone) => (
              <option key={zone} value={zone} />
            ))}
          </datalist>
          <div className={styles.days} role="group" aria-label={t("quietDays")}>
            <span className={styles.daysLabel}>{t("quietDays")}</span>
            {WEEK.map((day) => (
              <Choice key={day} input={<input type="checkbox" checked={form.days.includes(day)} data-testid={`rule-quiet-day-${day}`} onChange={() => toggle(day)} />} text={nameOfDay(day, locale)} />
            ))}
          </div>
          {wrong.has("quiet_days") && (
            <p className={list.error} role="alert">
              {t("chooseDay")}
            </p>
          )}
        </div>
      )}
    </Choices>
  );
}
