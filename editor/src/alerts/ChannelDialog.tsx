import { useState } from "react";
import { saveChannel, type AlertChannel, type ChannelKind } from "../api/alerts";
import { Choice } from "../components/Choice";
import { Field, inputClass } from "../components/Field";
import { FormDialog } from "../components/FormDialog";
import { useMessages } from "../i18n/useMessages";
import { bodyOfChannel, faultsOfChannel, FIELDS, formOfChannel, isNeeded, type ChannelForm, type ConfigField, type FormFault } from "./channelForm";
import { alertMessages } from "./messages";
import { useAlertAction } from "./useAlertAction";

const HELP = { connection_id: "connectionHelp", chat: "chatHelp", to: "toHelp", sender: "senderHelp" } as const;

export interface ChannelDialogProps {
  channel: AlertChannel | null;
  /** All there are: one of the others can be told when this one does not work. */
  channels: readonly AlertChannel[];
  notifiers: readonly string[];
  defaultLanguage: string;
  onClose: () => void;
}

/** Makes a channel or changes one; faults are told when saving is tried. */
export function ChannelDialog({ channel, channels, notifiers, defaultLanguage, onClose }: ChannelDialogProps) {
  const t = useMessages(alertMessages);
  const [form, setForm] = useState(() => formOfChannel(channel));
  const [tried, setTried] = useState(false);
  const save = useAlertAction(() => saveChannel(channel?.id ?? null, bodyOfChannel(form)), t("saved"), onClose);
  const faults = faultsOfChannel(form);
  const patch = (change: Partial<ChannelForm>) => setForm({ ...form, ...change });
  const told = (fault: FormFault | undefined) => (!tried || !fault ? null : fault.key === "invalidEmail" ? t("invalidEmail", { address: fault.address }) : t(fault.key));
  const submit = () => {
    setTried(true);
    if (Object.keys(faults).length === 0) save.mutate();
  };
  return (
    <FormDialog
      title={t(channel ? "editChannelTitle" : "newChannelTitle")}
      {...(form.fixed && { description: t("keptByEnvironment") })}
      onClose={onClose}
      onSubmit={submit}
      name="channel"
      cancel={t("cancel")}
      submit={t("save")}
      action={save}
    >
      <Field label={t("channelKind")}>
        {({ id }) => (
          <select id={id} className={inputClass} disabled={form.fixed} data-testid="channel-kind" value={form.kind} onChange={(event) => patch({ kind: event.target.value as ChannelKind })}>
            {(Object.keys(FIELDS) as ChannelKind[]).map((kind) => (
              <option key={kind} value={kind}>
                {t(`channel.${kind}`)}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label={t("name")} required error={told(faults.name)}>
        {({ id, describedBy, invalid }) => <input id={id} data-autofocus className={inputClass} maxLength={200} aria-describedby={describedBy} aria-invalid={invalid} data-testid="channel-name" value={form.name} onChange={(event) => patch({ name: event.target.value })} />}
      </Field>
      {(form.fixed ? [] : FIELDS[form.kind]).map((field) => (
        <ConfigInput key={field} field={field} value={form.config[field]} error={told(faults[field])} notifiers={notifiers} onChange={(value) => patch({ config: { ...form.config, [field]: value } })} />
      ))}
      <Field label={t("language")}>
        {({ id }) => (
          <select id={id} className={inputClass} value={form.language} onChange={(event) => patch({ language: event.target.value as ChannelForm["language"] })}>
            <option value="">{t("languageDefault", { language: defaultLanguage })}</option>
            <option value="en">English</option>
            <option value="ru">Русский</option>
          </select>
        )}
      </Field>
      <Field label={t("fallback")} help={t("fallbackHelp")}>
        {({ id, describedBy }) => (
          <select id={id} className={inputClass} aria-describedby={describedBy} data-testid="channel-fallback" value={form.fallback_id ?? ""} onChange={(event) => patch({ fallback_id: event.target.value || null })}>
            <option value="">{t("fallbackAll")}</option>
            {channels
              .filter((one) => one.id !== channel?.id)
              .map((one) => (
                <option key={one.id} value={one.id}>
                  {one.enabled ? one.name : t("switchedOff", { name: one.name })}
                </option>
              ))}
          </select>
        )}
      </Field>
      <Choice input={<input type="checkbox" checked={form.enabled} onChange={() => patch({ enabled: !form.enabled })} />} text={t("enabled")} />
    </FormDialog>
  );
}

function ConfigInput({ field, value, error, notifiers, onChange }: { field: ConfigField; value: string; error: string | null; notifiers: readonly string[]; onChange: (value: string) => void }) {
  const t = useMessages(alertMessages);
  const help = field === "notifier" ? (notifiers.length === 0 ? t("noNotifiers") : undefined) : field in HELP ? t(HELP[field as keyof typeof HELP]) : undefined;
  return (
    <Field label={t(field)} help={help} required={isNeeded(field)} error={error}>
      {({ id, describedBy, invalid }) =>
        field === "notifier" ? (
          <select id={id} className={inputClass} aria-describedby={describedBy} aria-invalid={invalid} value={value} onChange={(event) => onChange(event.target.value)}>
            <option value="" />
            {notifiers.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        ) : (
          <input id={id} className={inputClass} aria-describedby={describedBy} aria-invalid={invalid} data-testid={`channel-${field}`} value={value} onChange={(event) => onChange(event.target.value)} />
        )
      }
    </Field>
  );
}
