import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Check, X } from "lucide-react";
import { useId, useState } from "react";
import { describeError } from "../api/client";
import { answerStep } from "../api/executions";
import { useSession } from "../api/queries";
import { Button } from "../components/Button";
import { Markdown } from "../components/markdown/Markdown";
import { useLocale, useMessages } from "../i18n/useMessages";
import { usePermissions, workflowOfExecution } from "../session/usePermissions";
import styles from "./approval.module.css";
import { ApprovalField } from "./ApprovalField";
import { formatMoment } from "./format";
import { readForm, startForm, type FormValues } from "./approvalForm";
import { runsMessages } from "./messages";
import type { Approval } from "./types";

/** A question that a step asks, with its form; the first answer approves. */
export function ApprovalCard({ executionId, approval }: { executionId: string; approval: Approval }) {
  const t = useMessages(runsMessages);
  const locale = useLocale();
  const client = useQueryClient();
  const titleId = useId();
  const session = useSession();
  const refusal = usePermissions(workflowOfExecution(executionId))("answer");
  const [values, setValues] = useState<FormValues>(() => startForm(approval.fields));
  const [faults, setFaults] = useState<Record<string, "missing" | "number">>({});
  const answer = useMutation({
    mutationFn: (given: { option: string; values: FormValues }) => answerStep({ executionId, nodeId: approval.node_id, mapIndex: approval.map_index, ...given }),
    onSuccess: (execution) => client.setQueryData(["execution", executionId], execution),
  });
  const asked = approval.assigned_users;
  const own = session.data?.user.id;
  const forOthers = asked.length > 0 && own !== undefined && !asked.some((user) => user.id === own);
  const reason = refusal ?? (forOthers ? t("approvalForOthers", { users: asked.map((user) => user.name).join(", ") }) : null);

  function give(option: string): void {
    const read = readForm(approval.fields, values, { approves: option === approval.options[0] });
    setFaults(read.faults);
    if (Object.keys(read.faults).length === 0) answer.mutate({ option, values: read.values });
  }

  return (
    <section className={styles.card} aria-labelledby={titleId} data-testid="approval">
      <h3 id={titleId} className={styles.title}>
        {approval.title}
      </h3>
      {approval.body && <Markdown text={approval.body} />}
      <p className={styles.facts}>
        <span>{t("approvalAsked", { moment: formatMoment(approval.requested_at, locale) })}</span>
        {approval.expires_at && <span>{t("approvalExpires", { moment: formatMoment(approval.expires_at, locale) })}</span>}
        {asked.length > 0 && <span>{t("approvalUsers", { users: asked.map((user) => user.name).join(", ") })}</span>}
      </p>
      {approval.fields.map((field) => (
        <ApprovalField
          key={field.name}
          field={field}
          value={values[field.name] ?? null}
          fault={faults[field.name] ?? null}
          disabled={reason !== null || answer.isPending}
          onChange={(value) => setValues((before) => ({ ...before, [field.name]: value }))}
        />
      ))}
      {answer.isError && (
        <p className={styles.fault} role="alert">
          {t("approvalFailed", { message: describeError(answer.error) })}
        </p>
      )}
      <div className={styles.buttons}>
        {approval.options.map((option, index) => (
          <Button
            key={option}
            variant={index === 0 ? "success" : "secondary"}
            icon={index === 0 ? <Check size={14} aria-hidden /> : <X size={14} aria-hidden />}
            busy={answer.isPending && answer.variables.option === option}
            disabledReason={reason}
            testId={`answer-${index}`}
            onClick={() => give(option)}
          >
            {option}
          </Button>
        ))}
      </div>
    </section>
  );
}
