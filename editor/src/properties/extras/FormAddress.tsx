import { ExternalLink } from "lucide-react";
import { useSession } from "../../api/queries";
import { useMessages } from "../../i18n/useMessages";
import { CopyBox } from "../CopyBox";
import { propertiesMessages } from "../messages";
import styles from "../properties.module.css";
import type { ExtrasProps } from "./registry";

/** Where the form's page is, to take along or to open. */
export function FormAddress({ node, workflowId }: ExtrasProps) {
  const t = useMessages(propertiesMessages);
  const session = useSession();
  if (!session.data) return null;
  const base = session.data.webhook_base_url.replace(/webhooks$/, "forms");
  const path = typeof node.parameters["path"] === "string" ? node.parameters["path"] : "";
  const url = new URL([base, encodeURIComponent(workflowId), ...(path ? [path] : [])].join("/"), document.baseURI).href;
  return (
    <>
      <CopyBox label={t("formUrl")} text={url} help={t("formUrlHelp")} testId="form-url" />
      <p className={styles.help}>
        <a href={url} target="_blank" rel="noreferrer" data-testid="open-form">
          <ExternalLink size={13} aria-hidden /> {t("openForm")}
        </a>
      </p>
    </>
  );
}
