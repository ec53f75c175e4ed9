import { useSyncExternalStore } from "react";
import { useLocale, useMessages } from "../../i18n/useMessages";
import { isObject } from "../../schema/jsonSchema";
import { formMessages } from "./formMessages";
import styles from "./FormPreview.module.css";
import { readableOn } from "./readableOn";

const COLOR = /^#[0-9a-fA-F]{6}$/;
const FALLBACK = "#2563eb";
const SHOWN = 3;
const DARK = "(prefers-color-scheme: dark)";

/** How the draft's page begins: its heading, its brightness, its colour, its first fields. A picture, nothing to fill in. */
export function FormPreview({ parameters }: { parameters: Record<string, unknown> }) {
  const t = useMessages(formMessages);
  const locale = useLocale();
  const deviceIsDark = useSyncExternalStore(watchDevice, readDevice);
  const text = (name: string) => (typeof parameters[name] === "string" ? parameters[name].trim() : "");
  const mode = text("color_mode");
  const dark = mode === "dark" || (mode !== "light" && deviceIsDark);
  const accent = COLOR.test(text("accent")) ? text("accent") : FALLBACK;
  const fields = (Array.isArray(parameters["fields"]) ? parameters["fields"] : []).filter(isObject);
  const russian = text("language") === "ru" || (text("language") !== "en" && locale.startsWith("ru"));
  return (
    <figure className={styles.frame} data-testid="form-preview">
      <figcaption className={styles.caption}>{t("preview")}</figcaption>
      <div className={styles.page} data-mode={dark ? "dark" : "light"} style={{ ["--form-accent" as string]: accent, ["--form-on-accent" as string]: readableOn(accent) }}>
        <div className={styles.card}>
          <strong>{text("title") || t("untitled")}</strong>
          {text("description") && <span className={styles.text}>{text("description")}</span>}
          {fields.slice(0, SHOWN).map((field, index) => (
            <span key={index} className={styles.field} data-kind={field["type"] === "long_text" || field["type"] === "json" ? "textarea" : "line"}>
              <span>
                {String(field["label"] || field["name"] || "…")}
                {field["required"] === true && " *"}
              </span>
              <i aria-hidden />
            </span>
          ))}
          {fields.length > SHOWN && <span className={styles.more}>{t("moreFields", { count: fields.length - SHOWN })}</span>}
          <span className={styles.button} data-testid="form-preview-button">
            {text("submit_label") || (russian ? formMessages.ru.send : formMessages.en.send)}
          </span>
        </div>
      </div>
    </figure>
  );
}

function readDevice(): boolean {
  return typeof matchMedia === "function" && matchMedia(DARK).matches;
}

function watchDevice(listen: () => void): () => void {
  if (typeof matchMedia !== "function") return () => undefined;
  const query = matchMedia(DARK);
  query.addEventListener("change", listen);
  return () => query.removeEventListener("change", listen);
}
