import { useSession } from "../../api/queries";
import { CopyBox } from "../CopyBox";
import { useMessages } from "../../i18n/useMessages";
import { webhookMessages } from "./messages";
import type { ExtrasProps } from "./registry";
import { TestDelivery } from "./TestDelivery";
import { isSignedElsewhere, webhookCurl } from "./webhookCurl";

/** Where senders call, a command to try it, and one real call to build with. */
export function WebhookAddress({ node, workflowId, readOnly }: ExtrasProps) {
  const t = useMessages(webhookMessages);
  const session = useSession();
  if (!session.data) return null;
  const parameters = node.parameters;
  const path = typeof parameters["path"] === "string" ? parameters["path"] : "";
  const place = [workflowId, ...path.split("/").filter(Boolean)].map(encodeURIComponent).join("/");
  const url = new URL(`${session.data.webhook_base_url}/${place}`, document.baseURI).href;
  const testUrl = new URL(`${session.data.webhook_base_url}-test/${place}`, document.baseURI).href;
  const methods = Array.isArray(parameters["methods"]) ? parameters["methods"].map(String) : ["POST"];
  const authentication = String(parameters["authentication"] ?? "header_token");
  const curl = webhookCurl({
    url,
    method: methods.includes("POST") ? "POST" : (methods[0] ?? "POST"),
    authentication,
    header: String(parameters["header_name"] ?? "X-FlowForge-Token"),
    words: { token: t("token"), name: t("name"), secret: t("secret") },
    body: parameters["sample_payload"],
  });
  return (
    <>
      <CopyBox label={t("url")} text={url} help={t("urlHelp")} testId="webhook-url" />
      <CopyBox label={t("testUrl")} text={testUrl} help={t("testUrlHelp")} testId="webhook-test-url" />
      <TestDelivery node={node} workflowId={workflowId} readOnly={readOnly} />
      <CopyBox label={t("curl")} text={curl} multiline testId="webhook-curl" {...(isSignedElsewhere(authentication) && { help: t("curlSigned") })} />
    </>
  );
}
