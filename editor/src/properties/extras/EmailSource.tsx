import { CircleAlert, CircleCheck, Clock } from "lucide-react";
import type { ReactNode } from "react";
import { useSession } from "../../api/queries";
import { Badge, type Tone } from "../../components/Badge";
import { useMessages } from "../../i18n/useMessages";
import { CopyBox } from "../CopyBox";
import { useMailboxes } from "../queries";
import styles from "../properties.module.css";
import { emailMessages } from "./emailMessages";
import type { ExtrasProps } from "./registry";

type Mailbox = NonNullable<ReturnType<typeof useMailboxes>["data"]>[number];

const LOOKS: Record<Mailbox["state"], { tone: Tone; icon: ReactNode }> = {
  starting: { tone: "neutral", icon: <Clock size={13} aria-hidden /> },
  watching: { tone: "success", icon: <CircleCheck size={13} aria-hidden /> },
  failed: { tone: "danger", icon: <CircleAlert size={13} aria-hidden /> },
  waiting: { tone: "warning", icon: <Clock size={13} aria-hidden /> },
};

/** Where Resend is to call, or how the watched mailbox fares. */
export function EmailSource({ node, workflowId }: ExtrasProps) {
  return node.parameters["source"] === "resend" ? <ResendAddress node={node} workflowId={workflowId} /> : <MailboxStatus node={node} workflowId={workflowId} />;
}

function ResendAddress({ node, workflowId }: Omit<ExtrasProps, "readOnly">) {
  const t = useMessages(emailMessages);
  const session = useSession();
  if (!session.data) return null;
  const { path = "email" } = node.parameters;
  const address = [encodeURIComponent(workflowId), String(path)].filter(Boolean).join("/");
  const url = new URL(`${session.data.webhook_base_url}/${address}`, document.baseURI).href;
  return <CopyBox label={t("address")} text={url} help={t("addressHelp")} testId="resend-url" />;
}

function MailboxStatus({ node, workflowId }: Omit<ExtrasProps, "readOnly">) {
  const t = useMessages(emailMessages);
  const mailboxes = useMailboxes(workflowId);
  const mailbox = mailboxes.data?.find((one) => one.node_id === node.id);
  if (!mailbox) return null;
  const { tone, icon } = LOOKS[mailbox.state];
  const way = mailbox.state === "watching" ? t(mailbox.pushes ? "atOnce" : "atIntervals") : null;
  return (
    <div className={styles.extras} role="status" data-testid="mailbox-status">
      <div className={styles.extrasBar}>
        <Badge tone={tone} icon={icon}>
          {t(mailbox.state)}
        </Badge>
        {way && <span className={styles.help}>{way}</span>}
      </div>
      {mailbox.error && <p className={styles.help}>{mailbox.error}</p>}
    </div>
  );
}
