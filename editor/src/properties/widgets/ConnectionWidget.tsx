import { ExternalLink, KeyRound, RefreshCw } from "lucide-react";
import { useState } from "react";
import { describeError } from "../../api/client";
import { useSession } from "../../api/queries";
import { useMessages } from "../../i18n/useMessages";
import type { ConnectionField } from "../fieldSpec";
import { effectiveValue } from "../fieldState";
import { useForm } from "../formContext";
import { propertiesMessages } from "../messages";
import { mayMakeSecret, tokenHeader } from "../webhookSenders";
import { useConnections } from "../queries";
import { TokenCreator } from "./TokenCreator";
import type { WidgetProps } from "./types";
import styles from "./widgets.module.css";

const WEBHOOK_TYPE = "flowforge_webhook";

/** Airflow connections of the right types; never their secrets. */
export function ConnectionWidget({ field, value, onChange, inputId, describedBy, invalid, label, siblings }: WidgetProps<ConnectionField>) {
  const t = useMessages(propertiesMessages);
  const form = useForm();
  const session = useSession();
  const query = useConnections(field.connTypes);
  const [typing, setTyping] = useState(false);
  const actual = effectiveValue(field, value);
  const id = typeof actual === "string" ? actual : "";
  const connections = query.data ?? [];
  const missing = query.isSuccess && id !== "" && !connections.some((one) => one.connection_id === id);
  const empty = query.isSuccess && connections.length === 0;
  const set = (next: string) => onChange(next === "" && field.nullable ? null : next);
  const isWebhook = field.connTypes.includes(WEBHOOK_TYPE);

  return (
    <div className={styles.connection}>
      <div className={styles.connectionRow}>
        {typing || query.isError ? (
          <input
            id={inputId}
            className={styles.input}
            value={id}
            readOnly={form.readOnly}
            aria-label={label}
            aria-describedby={describedBy}
            aria-invalid={invalid || undefined}
            placeholder={field.placeholder || t("connectionTypeId")}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => set(event.target.value)}
          />
        ) : (
          <select
            id={inputId}
            className={styles.select}
            value={id}
            // Not disabled while it loads: what jumps to this field could not focus it.
            disabled={form.readOnly}
            aria-busy={query.isPending || undefined}
            aria-label={label}
            aria-describedby={describedBy}
            aria-invalid={invalid || undefined}
            onChange={(event) => (event.target.value === "\n" ? setTyping(true) : set(event.target.value))}
          >
            <option value="">{field.required ? t("connectionPick") : t("connectionNone")}</option>
            {id !== "" && !connections.some((one) => one.connection_id === id) && <option value={id}>{id}</option>}
            {connections.map((one) => (
              <option key={one.connection_id} value={one.connection_id}>
                {one.description ? `${one.connection_id} — ${one.description}` : one.connection_id}
              </option>
            ))}
            {/* A newline is no id, so it can stand for "type it". */}
            <option value={"\n"}>{t("connectionTypeId")}…</option>
          </select>
        )}
        <button type="button" className={styles.iconButton} aria-label={t("connectionRefresh")} title={t("connectionRefresh")} disabled={query.isFetching} onClick={() => void query.refetch()}>
          <RefreshCw size={14} aria-hidden />
        </button>
      </div>
      {query.isError && <p className={styles.fault}>{t("connectionLoadFailed", { message: describeError(query.error) })}</p>}
      {missing && <p className={styles.warn}>{t("connectionMissing", { id })}</p>}
      {empty && id === "" && <p className={styles.hint}>{t("connectionEmpty", { types: field.connTypes.join(", ") })}</p>}
      <div className={styles.links}>
        {isWebhook && !form.readOnly && mayMakeSecret(siblings) && <TokenCreator header={tokenHeader(siblings)} current={id} onCreated={set} icon={<KeyRound size={13} aria-hidden />} />}
        {session.data && (
          <a href={`${session.data.airflow_base_url}/connections`} target="_blank" rel="noreferrer">
            <ExternalLink size={13} aria-hidden /> {empty ? t("connectionCreate") : t("connectionManage")}
          </a>
        )}
      </div>
    </div>
  );
}
