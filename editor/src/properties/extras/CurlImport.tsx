import { Terminal } from "lucide-react";
import { useState } from "react";
import { useMessages } from "../../i18n/useMessages";
import { useEditor } from "../../store/editorStore";
import { propertiesMessages } from "../messages";
import { curlParameters, parseCurl } from "../parseCurl";
import styles from "../properties.module.css";
import widgets from "../widgets/widgets.module.css";
import type { ExtrasProps } from "./registry";

/** Fill the form in from a curl command. */
export function CurlImport({ node, readOnly }: ExtrasProps) {
  const t = useMessages(propertiesMessages);
  const setParameters = useEditor((state) => state.setParameters);
  const [text, setText] = useState<string | null>(null);
  const [leftOut, setLeftOut] = useState<string[]>([]);
  if (readOnly) return null;
  if (text === null) {
    return (
      <div className={styles.extras}>
        <button type="button" className={widgets.add} data-testid="import-curl" onClick={() => setText("")}>
          <Terminal size={14} aria-hidden /> {t("importCurl")}
        </button>
        {leftOut.length > 0 && <p className={widgets.warn}>{t("importCurlLeftOut", { parts: leftOut.join(", ") })}</p>}
      </div>
    );
  }
  const request = parseCurl(text);

  function apply(): void {
    if (!request) return;
    setParameters(node.id, { ...node.parameters, ...curlParameters(request) });
    setLeftOut(request.leftOut);
    setText(null);
  }

  return (
    <div className={styles.extras}>
      <textarea
        className={widgets.input}
        data-mono
        rows={5}
        autoFocus
        value={text}
        aria-label={t("importCurl")}
        placeholder="curl https://api.example.com/orders -H 'Accept: application/json'"
        spellCheck={false}
        onChange={(event) => setText(event.target.value)}
      />
      <p className={styles.help}>{text.trim() !== "" && !request ? t("importCurlInvalid") : t("importCurlHelp")}</p>
      <div className={styles.extrasBar}>
        <button type="button" className={widgets.primary} disabled={!request} data-testid="import-curl-apply" onClick={apply}>
          {t("importCurlApply")}
        </button>
        <button type="button" className={widgets.add} onClick={() => setText(null)}>
          {t("cancel")}
        </button>
      </div>
    </div>
  );
}
