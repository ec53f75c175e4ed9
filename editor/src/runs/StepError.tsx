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
    <FaultView
      message={fault.message}
      code={fault.code}
      facts={[fault.type, fault.tryNumber === null ? null : t("errorTry", { number: fault.tryNumber })]}
      note={retries ? t("willRetry") : null}
      advice={advice && t(advice)}
      detail={fault.detail}
      fileName={`${step.node_id}-error.json`}
      onLogs={onLogs}
    />
  );
}

export interface FaultViewProps {
  message: string;
  code: string;
  /** Beside the code. */
  facts?: readonly (string | null)[];
  note?: string | null;
  /** What to do, in the reader's language. */
  advice: string | null;
  detail: unknown;
  fileName: string;
  onLogs: () => void;
}

export function FaultView({ message, code, facts = [], note = null, advice, detail, fileName, onLogs }: FaultViewProps) {
  const t = useMessages(runsMessages);
  return (
    <div className={styles.error}>
      <div className={styles.errorBox} role="alert">
        <CircleAlert size={18} aria-hidden />
        <div>
          <p className={styles.errorMessage}>{message || t("noFault")}</p>
          <p className={styles.errorMeta}>
            <code data-testid="step-error-code">{code}</code>
            {facts.map((fact) => fact && <span key={fact}>{fact}</span>)}
          </p>
        </div>
      </div>
      {note && <p className={styles.note}>{note}</p>}
      {advice && (
        <div className={styles.advice}>
          <Lightbulb size={16} aria-hidden />
          <p>
            <strong>{t("errorWhatToDo")}.</strong> {advice}
          </p>
        </div>
      )}
      <div>
        <Button size="small" onClick={onLogs}>
          {t("errorSeeLogs")}
        </Button>
      </div>
      {detail !== null && detail !== undefined && (
        <>
          <h3 className={styles.subhead}>{t("errorDetail")}</h3>
          <JsonView value={detail as Json} rootPath={[]} withPaths={false} label={t("errorDetail")} fileName={fileName} openDepth={3} />
        </>
      )}
    </div>
  );
}
