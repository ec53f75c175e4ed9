import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Check, Copy } from "lucide-react";
import { useState, type ReactNode } from "react";
import { describeError } from "../../api/client";
import { copyText } from "../../components/json/copyText";
import { useMessages } from "../../i18n/useMessages";
import { useForm } from "../formContext";
import { propertiesMessages } from "../messages";
import { createWebhookToken } from "../queries";
import styles from "./widgets.module.css";

export interface TokenCreatorProps {
  /** Header in which senders send the token as it is; null when they sign with it. */
  header: string | null;
  /** Connection chosen now; a new token never replaces an existing one silently. */
  current: string;
  onCreated: (connectionId: string) => void;
  icon: ReactNode;
}

/** Makes a connection with a random token and shows the token once. */
export function TokenCreator({ header, current, onCreated, icon }: TokenCreatorProps) {
  const t = useMessages(propertiesMessages);
  const form = useForm();
  const client = useQueryClient();
  const [copied, setCopied] = useState(false);
  const create = useMutation({
    mutationFn: () => createWebhookToken(current === "" ? suggestId(form.workflowId) : null),
    onSuccess: (made) => {
      onCreated(made.connection_id);
      void client.invalidateQueries({ queryKey: ["connections"] });
    },
  });

  if (create.data) {
    const { token } = create.data;
    return (
      <div className={styles.token} role="status" data-testid="webhook-token">
        <p>{header === null ? t("secretOnce") : t("tokenOnce", { header })}</p>
        <div className={styles.tokenRow}>
          <code data-testid="webhook-token-value">{token}</code>
          <button type="button" className={styles.add} onClick={() => void copyText(token).then(() => setCopied(true))}>
            {copied ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />} {copied ? t("copied") : t("copy")}
          </button>
        </div>
        <button type="button" className={styles.link} onClick={() => create.reset()}>
          {t("tokenDone")}
        </button>
      </div>
    );
  }
  return (
    <>
      <button type="button" className={styles.link} disabled={create.isPending} onClick={() => create.mutate()} data-testid="create-token">
        {icon} {create.isPending ? t("tokenCreating") : t("tokenCreate")}
      </button>
      {create.isError && <p className={styles.fault}>{t("tokenFailed", { message: describeError(create.error) })}</p>}
    </>
  );
}

function suggestId(workflowId: string): string | null {
  const id = `${workflowId}_webhook`.replace(/[^\w.-]/g, "_");
  return /^[\w.-]{1,200}$/.test(id) ? id : null;
}
