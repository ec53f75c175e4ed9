import { Terminal } from "lucide-react";
import { useState } from "react";
import { useMessages } from "../../i18n/useMessages";
import { useEditor } from "../../store/editorStore";
import { curlParameters } from "../curl/curlParameters";
import { curlMessages } from "../curl/messages";
import { parseCurl, type LeftOut } from "../curl/parseCurl";
import styles from "../properties.module.css";
import widgets from "../widgets/widgets.module.css";
import type { ExtrasProps } from "./registry";

/** Parameters that say where and as whom to call; what curl does not mention of the others returns to its default. */
const KEPT = ["connection_id"];

/** Fill the form in from a curl command. */
export function CurlImport({ node, readOnly }: ExtrasProps) {
  const t = useMessages(curlMessages);
  const setParameters = useEditor((state) => state.setParameters);
  const [text, setText] = useState<string | null>(null);
  const [leftOut, setLeftOut] = useState<LeftOut[]>([]);
  if (readOnly) return null;
  if (text === null) {
    return (
      <div className={styles.extras}>
        <button type="button" className={widgets.add} data-testid="import-curl" onClick={() => setText("")}>
          <Terminal size={14} aria-hidden /> {t("import")}
        </button>
        {leftOut.length > 0 && (
          <div role="status" data-testid="curl-left-out">
            <LeftOutList title={t("leftOut")} parts={leftOut} />
            <button type="button" className={widgets.add} onClick={() => setLeftOut([])}>
              {t("dismiss")}
            </button>
          </div>
        )}
      </div>
    );
  }
  const request = parseCurl(text);
  const result = request && curlParameters(request);

  function apply(): void {
    if (!result) return;
    const kept = Object.fromEntries(Object.entries(node.parameters).filter(([name]) => KEPT.includes(name)));
    setParameters(node.id, { ...kept, ...result.parameters });
    setLeftOut(result.leftOut);
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
        aria-label={t("import")}
        placeholder="curl https://api.example.com/orders -H 'Accept: application/json'"
        spellCheck={false}
        onChange={(event) => setText(event.target.value)}
      />
      <p className={styles.help} role="status">
        {request && result
          ? t("preview", { method: String(result.parameters["method"]), url: request.url })
          : t(text.trim() === "" ? "help" : "invalid")}
      </p>
      {result && result.leftOut.length > 0 && <LeftOutList title={t("willLeaveOut")} parts={result.leftOut} />}
      <div className={styles.extrasBar}>
        <button type="button" className={widgets.primary} disabled={!request} data-testid="import-curl-apply" onClick={apply}>
          {t("apply")}
        </button>
        <button type="button" className={widgets.add} onClick={() => setText(null)}>
          {t("cancel")}
        </button>
      </div>
    </div>
  );
}

const SECRET_KEYS = { basic: "secretBasic", bearer: "secretBearer", api_key: "secretApiKey", cookie: "secretCookie" } as const;

function LeftOutList({ title, parts }: { title: string; parts: readonly LeftOut[] }) {
  const t = useMessages(curlMessages);
  const told = [...new Set(parts.map((one) => t(one.why === "secret" ? SECRET_KEYS[one.auth] : one.why, { part: one.part })))];
  return (
    <div className={widgets.warn}>
      {title}
      <ul className={styles.leftOut}>
        {told.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </div>
  );
}
