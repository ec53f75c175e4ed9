import { ExternalLink, ScrollText } from "lucide-react";
import { Button } from "../components/Button";
import { JsonView } from "../components/json/JsonView";
import { useLocale, useMessages } from "../i18n/useMessages";
import type { Json } from "../schema/jsonSchema";
import { formatDuration, formatMoment, secondsBetween } from "./format";
import { runsMessages } from "./messages";
import styles from "./runs.module.css";
import { StepMark } from "./StateMark";
import { readFault, type Step } from "./types";
import { useWholeStep } from "./useWholeStep";

export interface StepTriesProps {
  executionId: string;
  step: Step;
  item: number | null;
  onLog: (tryNumber: number) => void;
}

/** Each try of a step: how long it waited and ran, where, how it ended, and why another one followed. */
export function StepTries({ executionId, step, item, onLog }: StepTriesProps) {
  const t = useMessages(runsMessages);
  const locale = useLocale();
  const told = step.attempts ?? [];
  // An item of a loop is read by itself already. What a single try was given stands in the other tabs.
  const whole = useWholeStep(executionId, step, item === null && told.length > 1);
  const tries = whole.data?.attempts ?? told;
  return (
    <ol className={styles.tryList}>
      {[...tries].reverse().map((one) => {
        const fault = readFault(one.error);
        const waited = one.started_at ? secondsBetween(one.scheduled_at ?? one.queued_at, one.started_at, 0) : null;
        return (
          <li key={one.try_number} className={styles.tryItem} data-testid={`try-${one.try_number}`}>
            <div className={styles.tryHead}>
              <StepMark state={one.state} />
              <strong>{t("logsTryN", { number: one.try_number })}</strong>
              <span>{formatDuration(one.duration_s, locale)}</span>
              <span className={styles.space} />
              {one.log_available && (
                <Button size="small" variant="ghost" icon={<ScrollText />} onClick={() => onLog(one.try_number)}>
                  {t("tryLog")}
                </Button>
              )}
              <a className={styles.airflow} href={one.airflow_url} target="_blank" rel="noreferrer" title={t("openAirflow")} aria-label={t("openAirflow")}>
                <ExternalLink size={14} aria-hidden />
              </a>
            </div>
            <p className={styles.tryFacts}>
              {one.started_at && <span>{formatMoment(one.started_at, locale)}</span>}
              {waited !== null && waited >= 0 && <span>{t("tryWaited", { duration: formatDuration(waited, locale) })}</span>}
              {one.hostname && <span>{t("tryHost", { host: one.hostname })}</span>}
              {one.queue && <span>{t("tryQueue", { queue: one.queue })}</span>}
            </p>
            {fault && (
              <p className={styles.fault}>
                <code>{fault.code}</code> {fault.message}
              </p>
            )}
            {fault && fault.detail !== null && (
              <details className={styles.tryDetail} data-testid={`try-${one.try_number}-detail`}>
                <summary>{t("errorDetail")}</summary>
                <JsonView value={fault.detail as Json} rootPath={[]} withPaths={false} label={t("errorDetail")} fileName={`${step.node_id}-${one.try_number}-error.json`} openDepth={2} />
              </details>
            )}
            {tries.length > 1 && <TryData step={step} number={one.try_number} part="input" value={one.input} />}
            {tries.length > 1 && <TryData step={step} number={one.try_number} part="output" value={one.output} />}
            {one.retry_reason && <p className={styles.note}>{one.retry_reason}</p>}
          </li>
        );
      })}
    </ol>
  );
}

/** What one of several tries was given, or has put out. */
function TryData({ step, number, part, value }: { step: Step; number: number; part: "input" | "output"; value: unknown }) {
  const t = useMessages(runsMessages);
  if (value === null || value === undefined) return null;
  return (
    <details className={styles.tryDetail} data-testid={`try-${number}-${part}`}>
      <summary>{t(part)}</summary>
      <JsonView value={value as Json} rootPath={[]} withPaths={false} label={t(part)} fileName={`${step.node_id}-${number}-${part}.json`} openDepth={2} />
    </details>
  );
}
