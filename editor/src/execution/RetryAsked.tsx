import type { Execution } from "../api/types";
import { useMessages } from "../i18n/useMessages";
import { Link } from "../island/Link";
import { executionPath } from "../island/route";
import { usePermissions, workflowOfExecution } from "../session/usePermissions";
import styles from "./execution.module.css";
import { executionMessages } from "./messages";

/** Whether a link that asks to run an execution again, as alerts have one, finds it as it was then. */
export function canRetryByLink(execution: Execution): boolean {
  return execution.state === "failed" && !execution.handled && (execution.reruns ?? []).length === 0;
}

/** Why such a link opens no dialog; nothing when it does. */
export function RetryAsked({ execution }: { execution: Execution }) {
  const t = useMessages(executionMessages);
  const refusal = usePermissions(workflowOfExecution(execution.id))("run");
  const again = execution.reruns?.at(-1);
  if (refusal === null && canRetryByLink(execution)) return null;
  return (
    <p className={styles.asked} role="status" data-testid="retry-asked">
      {again !== undefined ? (
        <>
          {t("askedAgain")} <Link to={executionPath(again)}>{t("askedShow")}</Link>
        </>
      ) : execution.state !== "failed" ? (
        t(execution.state === "success" ? "askedWorks" : execution.state === "cancelled" ? "askedCancelled" : "askedRuns")
      ) : execution.handled ? (
        t("askedHandled", { user: execution.handled.by })
      ) : (
        refusal
      )}
    </p>
  );
}
