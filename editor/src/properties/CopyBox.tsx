import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { copyText } from "../components/json/copyText";
import { useMessages } from "../i18n/useMessages";
import { propertiesMessages } from "./messages";
import styles from "./properties.module.css";

export interface CopyBoxProps {
  label: string;
  text: string;
  help?: string;
  multiline?: boolean;
  testId?: string;
}

/** Text to take along, with a button that copies it. */
export function CopyBox({ label, text, help, multiline, testId }: CopyBoxProps) {
  const t = useMessages(propertiesMessages);
  const [copied, setCopied] = useState(false);

  function copy(): void {
    void copyText(text).then(() => {
      setCopied(true);
      setTimeout(() => setCopied(false), 1500);
    });
  }

  return (
    <div className={styles.field}>
      <div className={styles.labelRow}>
        <span className={styles.label}>{label}</span>
      </div>
      <div className={styles.copyBox} data-multiline={multiline || undefined}>
        <code data-testid={testId}>{text}</code>
        <button type="button" aria-label={`${t("copy")}: ${label}`} title={copied ? t("copied") : t("copy")} onClick={copy}>
          {copied ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
        </button>
      </div>
      {help && <p className={styles.help}>{help}</p>}
    </div>
  );
}
