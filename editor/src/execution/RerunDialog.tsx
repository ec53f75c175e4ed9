import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Play, RotateCcw } from "lucide-react";
import { useState } from "react";
import { describeError } from "../api/client";
import { fetchRerunPlan, rerunExecution, type RerunBody, type RerunPlan } from "../api/executions";
import type { Execution } from "../api/types";
import { Button } from "../components/Button";
import { CodeEditor } from "../components/code/CodeEditor";
import { Dialog } from "../components/Dialog";
import { issueText } from "../components/issueText";
import { Spinner } from "../components/Spinner";
import { toast } from "../components/Toast";
import { useLocale, useMessages } from "../i18n/useMessages";
import { executionPath, navigate } from "../island/route";
import { usePermissions, workflowOfExecution } from "../session/usePermissions";
import { stepTestMessages } from "../stepTest/messages";
import { usePause } from "../stepTest/usePause";
import { readEdited } from "./editedInput";
import styles from "./execution.module.css";
import { executionMessages } from "./messages";

export interface RerunDialogProps {
  execution: Execution;
  revision: "original" | "latest";
  fromStep: string | null;
  onClose: () => void;
}

/** Runs an execution again, wholly or from a step on: shows what keeps its output, what runs, and the input to edit. */
export function RerunDialog({ execution, revision: first, fromStep, onClose }: RerunDialogProps) {
  const t = useMessages(executionMessages);
  const locale = useLocale();
  const client = useQueryClient();
  const [revision, setRevision] = useState(first);
  const [text, setText] = useState<string | null>(null);
  const plan = useQuery({
    queryKey: ["rerun-plan", execution.id, fromStep, revision],
    staleTime: 0,
    gcTime: 0,
    queryFn: ({ signal }) => fetchRerunPlan(execution.id, { revision, ...(fromStep !== null && { from_step: fromStep }) }, signal),
  });
  const before = plan.data === undefined ? "" : JSON.stringify(plan.data.input ?? null, null, 2);
  const edited = readEdited(text, before);
  const run = useMutation({
    mutationFn: () => {
      const body: RerunBody = { revision, ...(fromStep !== null && { from_step: fromStep }), ...(edited.changed && { input: edited.value }) } as RerunBody;
      return rerunExecution(execution.id, body, locale);
    },
    onSuccess: (answer) => {
      client.setQueryData(["execution", answer.id], answer);
      void client.invalidateQueries({ queryKey: ["executions"] });
      toast({ tone: "success", title: t("rerunStarted") });
      onClose();
      navigate(executionPath(answer.id));
    },
  });
  const name = stepName(execution, fromStep);
  const ready = plan.data?.possible === true && edited.fault === null;
  return (
    <Dialog
      title={fromStep === null ? t("rerunTitle") : t("rerunFrom", { step: name })}
      description={t(fromStep === null ? "rerunText" : "rerunFromText")}
      onClose={onClose}
      onSubmit={() => ready && !run.isPending && run.mutate()}
      size="large"
      testId="rerun-dialog"
      footer={
        <>
          <Button onClick={onClose}>{t("back")}</Button>
          <Button type="submit" variant="primary" icon={fromStep === null ? <RotateCcw /> : <Play />} busy={run.isPending} disabled={!ready} testId="rerun-submit">
            {t("rerunSubmit")}
          </Button>
        </>
      }
    >
      <RerunWaits workflowId={execution.workflow_id} />
      <fieldset className={styles.choice}>
        <legend>{t("rerunOn")}</legend>
        {(["original", "latest"] as const).map((one) => (
          <label key={one}>
            <input type="radio" name="revision" checked={revision === one} data-testid={`revision-${one}`} onChange={() => setRevision(one)} />{" "}
            {t(`on.${one}`, { number: String((one === "original" ? execution.revision : plan.data?.latest_revision) ?? "–") })}
          </label>
        ))}
      </fieldset>
      {plan.isPending ? (
        <Spinner label={t("planning")} />
      ) : plan.isError ? (
        <p className={styles.fault} role="alert">
          {describeError(plan.error)}
        </p>
      ) : (
        <>
          {plan.data.issues.length > 0 && (
            <ul className={styles.issues} role={plan.data.possible ? undefined : "alert"} data-testid="rerun-issues">
              {plan.data.issues.map((issue, index) => (
                <li key={index} data-severity={issue.severity}>
                  {issueText(issue, locale)}
                </li>
              ))}
            </ul>
          )}
          <Plan plan={plan.data} execution={execution} />
          <EditedInput execution={execution} plan={plan.data} text={text ?? before} fault={edited.fault} onText={setText} />
        </>
      )}
      {run.isError && (
        <p className={styles.fault} role="alert">
          {describeError(run.error)}
        </p>
      )}
    </Dialog>
  );
}

/** While work is paused, a new execution waits: said before it is started. */
function RerunWaits({ workflowId }: { workflowId: string }) {
  const t = useMessages(stepTestMessages);
  const pause = usePause(workflowId);
  return pause && <p className={styles.note} data-testid="rerun-waits">{t(pause.everything ? "rerunWaits" : "rerunWaitsWorkflow", { facts: pause.facts })}</p>;
}

function Plan({ plan, execution }: { plan: RerunPlan; execution: Execution }) {
  const t = useMessages(executionMessages);
  const line = (ids: readonly string[]) => execution.steps.filter((step) => ids.includes(step.node_id)).map((step) => step.name || step.node_id).join(", ") || "–";
  return (
    <dl className={styles.plan} data-testid="rerun-plan">
      {plan.from_step !== null && (
        <div>
          <dt>{t("keeps")}</dt>
          <dd>{line(plan.reused)}</dd>
        </div>
      )}
      <div>
        <dt>{t("runsAgain")}</dt>
        <dd>{line(plan.runs)}</dd>
      </div>
    </dl>
  );
}

function EditedInput({ execution, plan, text, fault, onText }: { execution: Execution; plan: RerunPlan; text: string; fault: string | null; onText: (text: string) => void }) {
  const t = useMessages(executionMessages);
  const may = usePermissions(workflowOfExecution(execution.id));
  // Other parameters make the step do something else, as if that were published; another payload does not.
  const refusal = may("edit") ?? may("publish");
  const fixed = plan.input_kind === "parameters" ? refusal : null;
  const label = t(plan.input_kind === "parameters" ? "inputParameters" : "inputPayload");
  return (
    <section className={styles.input} data-testid="rerun-input">
      <h3>{label}</h3>
      <p className={styles.note}>{fixed ?? t(plan.input_kind === "parameters" ? "inputParametersHelp" : "inputPayloadHelp")}</p>
      <CodeEditor value={text} onChange={onText} language="json" label={label} readOnly={fixed !== null} invalid={fault !== null} minHeight="120px" maxHeight="300px" />
      {fault !== null && (
        <p className={styles.fault} role="status">
          {t("inputInvalid", { detail: fault })}
        </p>
      )}
    </section>
  );
}

function stepName(execution: Execution, id: string | null): string {
  return execution.steps.find((one) => one.node_id === id)?.name || id || "";
}
