import { CircleAlert, Lightbulb } from "lucide-react";
import { JsonView } from "../components/json/JsonView";
import { Button } from "../components/Button";
import { useMessages } from "../i18n/useMessages";
import type { Json } from "../schema/jsonSchema";
import { adviceFor } from "./advice";
import { runsMessages } from "./messages";
import styles from "./runs.module.css";
import type { Step, StepFault } from "./types";

/** Why a step failed, in words first, facts after, and what to do about it. */
export function StepError({ step, fault, onLogs }: { step: Step; fault: StepFault; onLogs: () => void }) {
  const t = useMessages(runsMessages);
  const advice = adviceFor(fault);
  const retries = step.state === "up_for_retry" || (step.state === "queued" && step.tries > 0);
  return (
    <div className={styles.error}>
      <div className={styles.errorBox} role="alert">
        <CircleAlert size={18} aria-hidden />
        <div>
          <p className={styles.errorMessage}>{fault.message || t("noFault")}</p>
          <p className={styles.errorMeta}>
            <code data-testid="step-error-code">{fault.code}</code>
            {fault.type && <span>{fault.type}</span>}
            {fault.tryNumber !== null && <span>{t("errorTry", { number: fault.tryNumber })}</span>}
          </p>
        </div>
      </div>
      {retries && <p className={styles.note}>{t("willRetry")}</p>}
      {advice && (
        <div className={styles.advice}>
          <Lightbulb size={16} aria-hidden />
          <p>
            <strong>{t("errorWhatToDo")}.</strong> {t(advice)}
          </p>
        </div>
      )}
      <div>
        <Button size="small" onClick={onLogs}>
          {t("errorSeeLogs")}
        </Button>
      </div>
      {fault.detail !== null && fault.detail !== undefined && (
        <>
          <h3 className={styles.subhead}>{t("errorDetail")}</h3>
          <JsonView value={fault.detail as Json} rootPath={[]} withPaths={false} label={t("errorDetail")} fileName={`${step.node_id}-error.json`} openDepth={3} />
        </>
      )}
    </div>
  );
}
