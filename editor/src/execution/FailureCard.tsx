import { ChevronRight, CircleX, Lightbulb, RotateCw } from "lucide-react";
import type { ReactNode } from "react";
import type { Failure } from "../api/executions";
import type { Execution } from "../api/types";
import { Button } from "../components/Button";
import { JsonView } from "../components/json/JsonView";
import { useMessages } from "../i18n/useMessages";
import { adviceFor } from "../runs/advice";
import { runsMessages } from "../runs/messages";
import { readFault } from "../runs/types";
import type { Json, JsonObject } from "../schema/jsonSchema";
import { useEditor } from "../store/editorStore";
import styles from "./execution.module.css";
import { givenInput } from "./givenInput";
import { executionMessages } from "./messages";

export interface FailureCardProps {
  execution: Execution;
  onSelect: (nodeId: string) => void;
  actions: ReactNode;
}

type Words = Pick<Failure, "node_id" | "node_name" | "title" | "message" | "tried" | "advice" | "detail" | "code">;

/** Why an execution failed: the step, the cause, what was tried, what to do next, and what was said between the two. */
export function FailureCard({ execution, onSelect, actions }: FailureCardProps) {
  const t = useMessages(executionMessages);
  const own = useOwnWords(execution);
  const failure = execution.failure ?? own;
  const given = useGiven(execution, failure?.node_id ?? null);
  if (!failure) return null;
  const { node_id: nodeId, detail } = failure;
  const hasDetail = detail !== null && detail !== undefined;
  const name = failure.node_name || nodeId || "";
  // Most titles name the step themselves.
  const at = name === "" ? -1 : failure.title.indexOf(name);
  const before = at < 0 ? null : failure.title.slice(0, at);
  return (
    <section className={styles.failure} aria-label={t("whyFailed")} data-testid="failure">
      <CircleX size={20} aria-hidden />
      <div className={styles.failureText}>
        <h2 className={styles.failureTitle}>
          {nodeId && before === null && (
            <>
              <StepLink name={name} onClick={() => onSelect(nodeId)} />
              {": "}
            </>
          )}
          {nodeId && before !== null ? (
            <>
              {before}
              <StepLink name={name} onClick={() => onSelect(nodeId)} />
              {failure.title.slice(before.length + name.length)}
            </>
          ) : (
            failure.title
          )}
        </h2>
        {failure.message && failure.message !== failure.title && <p className={styles.failureMessage}>{failure.message}</p>}
        {failure.advice && (
          <p className={styles.failureLine}>
            <Lightbulb size={15} aria-hidden />
            <span>
              <strong>{t("whatToDo")}</strong> {failure.advice}
            </span>
          </p>
        )}
        {failure.tried && (
          <p className={styles.failureLine}>
            <RotateCw size={15} aria-hidden />
            <span>
              <strong>{t("whatWasTried")}</strong> {failure.tried}
            </span>
          </p>
        )}
        {(given !== null || hasDetail) && (
          <details className={styles.failureDetail} data-testid="failure-detail">
            <summary>
              <ChevronRight size={14} aria-hidden /> {t("failureDetail")}
            </summary>
            {given !== null && (
              <section aria-label={t("failureGiven")} data-testid="failure-given">
                <h3>{t("failureGiven")}</h3>
                <JsonView value={given} rootPath={[]} withPaths={false} label={t("failureGiven")} fileName={`${nodeId ?? "execution"}-input.json`} openDepth={2} />
              </section>
            )}
            {hasDetail && (
              <section aria-label={t("failureAnswer")}>
                <h3>{t("failureAnswer")}</h3>
                <JsonView value={detail as Json} rootPath={[]} withPaths={false} label={t("failureAnswer")} fileName={`${nodeId ?? "execution"}-error.json`} openDepth={3} />
              </section>
            )}
          </details>
        )}
        <div className={styles.failureActions}>
          {nodeId && (
            <Button size="small" testId="failure-show" onClick={() => onSelect(nodeId)}>
              {t("showStep")}
            </Button>
          )}
          {actions}
        </div>
      </div>
    </section>
  );
}

function StepLink({ name, onClick }: { name: string; onClick: () => void }) {
  return (
    <button type="button" className={styles.stepLink} data-testid="failure-step" onClick={onClick}>
      {name}
    </button>
  );
}

/** What the failed step was given: the request, the statement, the message. */
function useGiven(execution: Execution, nodeId: string | null): JsonObject | null {
  const step = execution.steps.find((one) => one.node_id === nodeId);
  const type = useEditor((state) => (step ? state.nodeTypes.get(step.type) : undefined));
  return step ? givenInput(step.input, (type?.default_parameters ?? {}) as JsonObject) : null;
}

/** Where the server does not explain: what the failed step itself has said. */
function useOwnWords(execution: Execution): Words | null {
  const t = useMessages(executionMessages);
  const runs = useMessages(runsMessages);
  if (execution.state !== "failed") return null;
  const step = execution.steps.find((one) => one.state === "failed");
  const fault = step ? readFault(step.error) : null;
  const advice = fault && adviceFor(fault);
  return {
    node_id: step?.node_id ?? null,
    node_name: step?.name ?? null,
    code: fault?.code ?? "step-error",
    title: fault?.message || execution.error || runs("noFault"),
    message: "",
    tried: step && step.max_tries > 1 ? t("triedTimes", { count: step.tries, most: step.max_tries }) : "",
    advice: advice ? runs(advice) : "",
    detail: fault?.detail ?? null,
  };
}
