import { useLocale, useMessages } from "../i18n/useMessages";
import type { GraphRetry } from "../graph/types";
import type { FormIssue } from "./issueIndex";
import { propertiesMessages } from "./messages";
import styles from "./properties.module.css";
import { RetryRules } from "./RetryRules";
import { ruleLabel } from "./retryRules";
import { SettingField } from "./SettingField";
import { SettingNumber } from "./SettingNumber";
import widgets from "./widgets/widgets.module.css";

export interface RetrySettingsProps {
  /** Null: the node type's own settings hold. */
  retry: GraphRetry | null;
  usual: GraphRetry | null;
  readOnly: boolean;
  issues: readonly FormIssue[];
  onChange: (retry: GraphRetry | null, field: string) => void;
}

const NONE: GraphRetry = { retries: 0, delay_s: 30, exponential_backoff: false, max_delay_s: null, jitter: true, retry_on: [], never_on: [] };

/** How often and how soon a failed step is tried again. */
export function RetrySettings({ retry, usual, readOnly, issues, onChange }: RetrySettingsProps) {
  const t = useMessages(propertiesMessages);
  const summary = summarize(usual ?? NONE);
  const russian = useLocale().startsWith("ru");
  const told = usual && usual.retries > 0 ? ruleSummary(usual) : "";
  const set = (patch: Partial<GraphRetry>) => retry && onChange({ ...retry, ...patch }, Object.keys(patch).join());
  const issuesOf = (field: string) => issues.filter((issue) => issue.field === `retry.${field}` || issue.field?.startsWith(`retry.${field}.`));
  return (
    <>
      <SettingField label={t("retry")} name="retry" help={retry === null && told ? told : undefined} issues={issues.filter((issue) => issue.field === "retry")}>
        {(ids) => (
          <select
            id={ids.inputId}
            className={widgets.select}
            value={retry === null ? "usual" : "own"}
            disabled={readOnly}
            aria-describedby={ids.describedBy}
            onChange={(event) => onChange(event.target.value === "own" ? { ...(usual ?? NONE) } : null, "mode")}
          >
            <option value="usual">{t("retryDefault", { summary })}</option>
            <option value="own">{t("retryOwn")}</option>
          </select>
        )}
      </SettingField>
      {retry && (
        <div className={styles.group}>
          <SettingNumber label={t("retries")} help={t("retriesHelp")} name="retry.retries" integer minimum={0} maximum={100} value={retry.retries} readOnly={readOnly} issues={issuesOf("retries")} onChange={(value) => value !== null && set({ retries: value })} />
          <SettingNumber label={t("retryDelay")} help={t("retryDelayHelp")} name="retry.delay_s" minimum={0} maximum={86_400} value={retry.delay_s} readOnly={readOnly} issues={issuesOf("delay_s")} onChange={(value) => value !== null && set({ delay_s: value })} />
          <label className={widgets.check} data-field="retry.exponential_backoff" data-testid="field-retry.exponential_backoff">
            <input type="checkbox" checked={retry.exponential_backoff} disabled={readOnly} onChange={(event) => set({ exponential_backoff: event.target.checked })} />
            {t("retryBackoff")}
          </label>
          <label className={widgets.check} data-field="retry.jitter" data-testid="field-retry.jitter" title={t("retryJitterHelp")}>
            <input type="checkbox" checked={retry.jitter} disabled={readOnly} onChange={(event) => set({ jitter: event.target.checked })} />
            {t("retryJitter")}
          </label>
          {retry.exponential_backoff && (
            <SettingNumber label={t("retryMaxDelay")} help={t("retryMaxDelayHelp")} name="retry.max_delay_s" exclusiveMinimum={0} maximum={86_400} nullable value={retry.max_delay_s} readOnly={readOnly} issues={issuesOf("max_delay_s")} onChange={(value) => set({ max_delay_s: value })} />
          )}
          <RetryRules label={t("retryOn")} help={t("retryOnHelp")} name="retry.retry_on" rules={retry.retry_on ?? usual?.retry_on ?? []} readOnly={readOnly} issues={issuesOf("retry_on")} onChange={(rules) => set({ retry_on: rules })} />
          <RetryRules label={t("retryNever")} help={t("retryNeverHelp")} name="retry.never_on" rules={retry.never_on ?? usual?.never_on ?? []} readOnly={readOnly} issues={issuesOf("never_on")} onChange={(rules) => set({ never_on: rules })} />
        </div>
      )}
    </>
  );

  function ruleSummary(one: GraphRetry): string {
    const names = (rules: readonly string[] | null) => (rules ?? []).map((rule) => ruleLabel(rule, russian)).join(", ");
    const on = one.retry_on?.length ? t("retryOnSummary", { rules: names(one.retry_on) }) : "";
    const never = one.never_on?.length ? t("retryNeverSummary", { rules: names(one.never_on) }) : "";
    return [on, never].filter(Boolean).join(" ");
  }

  function summarize(one: GraphRetry): string {
    if (one.retries === 0) return t("retryNone");
    const text = t("retrySummary", { count: one.retries, delay: one.delay_s });
    return one.exponential_backoff ? `${text}, ${t("retryBackoffSummary")}` : text;
  }
}
