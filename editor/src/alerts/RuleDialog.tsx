import { useState } from "react";
import { saveRule, type AlertChannel, type AlertRule, type RuleKind } from "../api/alerts";
import { useWorkflows } from "../api/queries";
import { Choice, Choices } from "../components/Choice";
import { Field, inputClass } from "../components/Field";
import { FormDialog } from "../components/FormDialog";
import list from "../components/list.module.css";
import { useMessages } from "../i18n/useMessages";
import { usePermissionsInList } from "../session/usePermissions";
import styles from "./alerts.module.css";
import { alertMessages } from "./messages";
import { QuietHours } from "./QuietHours";
import { bodyOfRule, BOUNDS, CONDITIONS, faultsOfRule, formOfRule, RULE_KINDS, type NumberField, type RuleForm } from "./ruleForm";
import { useAlertAction } from "./useAlertAction";

const WORKFLOWS = { search: "", state: "" as const, offset: 0, limit: 100 };
const HELP = { group_s: "groupHelp", max_messages: "rateHelp" } as const;

/** Makes a rule or changes one. A rule keeps its kind and its workflow. */
export function RuleDialog({ rule, channels, onClose }: { rule: AlertRule | null; channels: readonly AlertChannel[]; onClose: () => void }) {
  const t = useMessages(alertMessages);
  const [form, setForm] = useState(() => formOfRule(rule));
  const [tried, setTried] = useState(false);
  const { refusalOf } = usePermissionsInList("operate");
  const mayAll = refusalOf(null) === null;
  const workflows = (useWorkflows(WORKFLOWS).data?.workflows ?? []).filter((one) => refusalOf(one.id) === null);
  // Who may operate some workflows only begins with one of these.
  const workflowId = form.workflow_id ?? (rule === null && !mayAll ? (workflows[0]?.id ?? null) : null);
  const save = useAlertAction(() => saveRule(rule?.id ?? null, bodyOfRule({ ...form, workflow_id: workflowId })), t("saved"), onClose);
  const wrong = faultsOfRule(form);
  const patch = (change: Partial<RuleForm>) => setForm({ ...form, ...change });
  const toggle = (id: string) => patch({ channel_ids: form.channel_ids.includes(id) ? form.channel_ids.filter((one) => one !== id) : [...form.channel_ids, id] });
  const submit = () => {
    setTried(true);
    if (wrong.size === 0) save.mutate();
  };
  const number = (field: NumberField) => (
    <Field key={field} label={t(field)} help={field in HELP ? t(HELP[field as keyof typeof HELP]) : undefined} error={wrong.has(field) ? t("number", { from: BOUNDS[field][0], to: BOUNDS[field][1] }) : null}>
      {({ id, describedBy, invalid }) => (
        <input id={id} className={inputClass} inputMode="numeric" aria-describedby={describedBy} aria-invalid={invalid} data-testid={`rule-${field}`} value={form.numbers[field]} onChange={(event) => patch({ numbers: { ...form.numbers, [field]: event.target.value } })} />
      )}
    </Field>
  );
  return (
    <FormDialog
      title={t(rule ? "editRuleTitle" : "newRuleTitle")}
      onClose={onClose}
      onSubmit={submit}
      name="rule"
      cancel={t("cancel")}
      submit={t("save")}
      action={save}
    >
      <Field label={t("kind")}>
        {({ id }) => (
          <select id={id} className={inputClass} disabled={rule !== null} data-testid="rule-kind" value={form.kind} onChange={(event) => patch({ kind: event.target.value as RuleKind })}>
            {RULE_KINDS.map((kind) => (
              <option key={kind} value={kind}>
                {t(`rule.${kind}`)}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label={t("workflow")}>
        {({ id }) => (
          <select id={id} className={inputClass} disabled={rule !== null} data-testid="rule-workflow" value={workflowId ?? ""} onChange={(event) => patch({ workflow_id: event.target.value || null })}>
            {(rule !== null || mayAll) && <option value="">{t("everything")}</option>}
            {form.workflow_id !== null && !workflows.some((one) => one.id === form.workflow_id) && <option value={form.workflow_id}>{form.workflow_id}</option>}
            {workflows.map((one) => (
              <option key={one.id} value={one.id}>
                {one.name}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label={t("name")}>{({ id }) => <input id={id} className={inputClass} maxLength={200} data-testid="rule-name" value={form.name} onChange={(event) => patch({ name: event.target.value })} />}</Field>
      {CONDITIONS[form.kind].map(number)}
      {number("group_s")}
      <div className={styles.pair}>
        {number("max_messages")}
        {number("rate_s")}
      </div>
      <QuietHours form={form.quiet} wrong={wrong} onChange={(quiet) => patch({ quiet })} />
      <Choices legend={t("goesTo")}>
        {channels.map((channel) => (
          <Choice
            key={channel.id}
            input={<input type="checkbox" checked={form.channel_ids.includes(channel.id)} data-testid={`rule-channel-${channel.id}`} onChange={() => toggle(channel.id)} />}
            text={channel.name}
          />
        ))}
        {tried && wrong.has("channel_ids") && (
          <p className={list.error} role="alert">
            {t("chooseChannel")}
          </p>
        )}
      </Choices>
      <Choice input={<input type="checkbox" checked={form.enabled} onChange={() => patch({ enabled: !form.enabled })} />} text={t("enabled")} />
    </FormDialog>
  );
}
