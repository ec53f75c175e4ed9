import { ExternalLink } from "lucide-react";
import { useSession } from "../../api/queries";
import { useMessages } from "../../i18n/useMessages";
import { useEditor } from "../../store/editorStore";
import { CopyBox } from "../CopyBox";
import styles from "../properties.module.css";
import { formMessages } from "./formMessages";
import { FormPreview } from "./FormPreview";
import type { ExtrasProps } from "./registry";

/** Where the form's page is, to take along or to open, and how its draft will look. */
export function FormAddress({ node, workflowId }: ExtrasProps) {
  const t = useMessages(formMessages);
  const session = useSession();
  const published = useEditor((state) => state.workflow?.state !== "draft");
  if (!session.data) return null;
  const base = session.data.webhook_base_url.replace(/webhooks$/, "forms");
  const path = typeof node.parameters["path"] === "string" ? node.parameters["path"] : "";
  const url = new URL([base, encodeURIComponent(workflowId), ...(path ? [path] : [])].join("/"), document.baseURI).href;
  return (
    <>
      <CopyBox label={t("url")} text={url} help={t("urlHelp")} testId="form-url" />
      {published ? (
        <p className={styles.help}>
          <a href={url} target="_blank" rel="noreferrer" data-testid="open-form-page">
            <ExternalLink size={13} aria-hidden /> {t("open")}
          </a>
        </p>
      ) : (
        <p className={styles.help}>{t("unpublished")}</p>
      )}
      <FormPreview parameters={node.parameters} />
    </>
  );
}
