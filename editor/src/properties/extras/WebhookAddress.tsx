import { useSession } from "../../api/queries";
import { CopyBox } from "../CopyBox";
import { useMessages } from "../../i18n/useMessages";
import { propertiesMessages } from "../messages";
import type { ExtrasProps } from "./registry";
import { webhookCurl } from "./webhookCurl";

/** Where senders post to, and a command to try it. */
export function WebhookAddress({ node, workflowId }: ExtrasProps) {
  const t = useMessages(propertiesMessages);
  const session = useSession();
  if (!session.data) return null;
  const url = new URL(`${session.data.webhook_base_url}/${encodeURIComponent(workflowId)}`, document.baseURI).href;
  const { authentication = "header_token", header_name: header = "X-FlowForge-Token", sample_payload: body } = node.parameters;
  const curl = webhookCurl({ url, header: authentication === "none" ? null : String(header), token: t("webhookToken"), body });
  return (
    <>
      <CopyBox label={t("webhookUrl")} text={url} help={t("webhookUrlHelp")} testId="webhook-url" />
      <CopyBox label={t("webhookCurl")} text={curl} multiline testId="webhook-curl" />
    </>
  );
}
