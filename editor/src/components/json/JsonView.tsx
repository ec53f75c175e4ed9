import { Check, Copy, Download, Search } from "lucide-react";
import { useMemo, useState } from "react";
import { useMessages } from "../../i18n/useMessages";
import type { Json } from "../../schema/jsonSchema";
import type { Path } from "../../schema/paths";
import { CodeEditor } from "../code/CodeEditor";
import { copyText } from "./copyText";
import { downloadText } from "./downloadText";
import { JsonTable } from "./JsonTable";
import { JsonTree } from "./JsonTree";
import styles from "./JsonView.module.css";
import { findTable } from "./jsonTable";
import { jsonMessages } from "./messages";

type View = "tree" | "table" | "json";

// Longer texts make the code view slow to open; copying and downloading always give all of it.
const MAX_TEXT = 200_000;

export interface JsonViewProps {
  value: Json;
  rootPath: Path;
  /** Names the data for assistive technology and for the downloaded file. */
  label: string;
  fileName: string;
  onPick?: ((path: string) => void) | undefined;
  withPaths?: boolean;
  openDepth?: number;
}

/** One JSON value to look at: as a tree, as a table when it is one, or as text. */
export function JsonView({ value, rootPath, label, fileName, onPick, withPaths = true, openDepth }: JsonViewProps) {
  const t = useMessages(jsonMessages);
  const table = useMemo(() => findTable(value), [value]);
  const [chosen, setChosen] = useState<View | null>(null);
  const [search, setSearch] = useState("");
  const [copied, setCopied] = useState(false);
  const plain = value === null || typeof value !== "object";
  const view: View = chosen === "table" && !table ? "tree" : (chosen ?? (plain ? "json" : table?.path.length === 0 ? "table" : "tree"));
  const views: View[] = plain ? ["json"] : table ? ["tree", "table", "json"] : ["tree", "json"];
  const text = useMemo(() => (view === "json" ? (typeof value === "string" ? value : JSON.stringify(value, null, 2)) : ""), [value, view]);

  function copy(): void {
    void copyText(typeof value === "string" ? value : JSON.stringify(value, null, 2)).then(() => {
      setCopied(true);
      setTimeout(() => setCopied(false), 1200);
    });
  }

  return (
    <div className={styles.root}>
      <div className={styles.bar}>
        {views.length > 1 && (
          <div role="radiogroup" aria-label={t("view")} className={styles.views}>
            {views.map((one) => (
              <button key={one} type="button" role="radio" aria-checked={one === view} data-testid={`view-${one}`} onClick={() => setChosen(one)}>
                {t(one)}
              </button>
            ))}
          </div>
        )}
        {view === "tree" ? (
          <label className={styles.search}>
            <Search size={13} aria-hidden />
            <input type="search" value={search} placeholder={t("search")} aria-label={t("search")} onChange={(event) => setSearch(event.target.value)} />
          </label>
        ) : (
          <span className={styles.gap}>{view === "table" && table ? t("rows", { count: table.rows.length }) : ""}</span>
        )}
        <button type="button" className={styles.icon} aria-label={t("copy")} title={copied ? t("copied") : t("copy")} onClick={copy}>
          {copied ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
        </button>
        <button
          type="button"
          className={styles.icon}
          aria-label={t("download")}
          title={t("download")}
          onClick={() => downloadText(fileName, JSON.stringify(value, null, 2), "application/json")}
        >
          <Download size={14} aria-hidden />
        </button>
      </div>
      <div className={styles.body}>
        {view === "tree" && (
          <JsonTree value={value} rootPath={rootPath} label={label} search={search} onPick={onPick} withPaths={withPaths} {...(openDepth ? { openDepth } : {})} />
        )}
        {view === "table" && table && <JsonTable table={table} rootPath={rootPath} label={label} onPick={onPick} />}
        {view === "json" && (
          <>
            <CodeEditor value={text.slice(0, MAX_TEXT)} language={typeof value === "string" ? "text" : "json"} label={label} readOnly maxHeight="none" />
            {text.length > MAX_TEXT && <p className={styles.note}>{t("truncated", { count: MAX_TEXT })}</p>}
          </>
        )}
      </div>
    </div>
  );
}
