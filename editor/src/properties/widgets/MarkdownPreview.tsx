import { Markdown } from "../../components/markdown/Markdown";
import { useMessages } from "../../i18n/useMessages";
import { propertiesMessages } from "../messages";
import styles from "./widgets.module.css";

/** Markdown as it will be shown; expressions stay as they are written. */
export function MarkdownPreview({ text }: { text: string }) {
  const t = useMessages(propertiesMessages);
  return (
    <div className={styles.markdown} data-testid="markdown-preview">
      {text.trim() === "" ? <p className={styles.hint}>{t("markdownEmpty")}</p> : <Markdown text={text} />}
    </div>
  );
}
