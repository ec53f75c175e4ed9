import { Check, Copy, Download, TriangleAlert } from "lucide-react";
import { useState, type ReactNode } from "react";
import { describeError } from "../api/client";
import type { Issue } from "../api/types";
import { Button } from "../components/Button";
import { CodeEditor } from "../components/code/CodeEditor";
import { IconButton } from "../components/IconButton";
import { copyText } from "../components/json/copyText";
import { downloadText } from "../components/json/downloadText";
import { Spinner } from "../components/Spinner";
import { nodeLabel, type Graph } from "../graph/types";
import { issueText } from "../components/issueText";
import { useLocale, useMessages } from "../i18n/useMessages";
import { useEditor } from "../store/editorStore";
import styles from "./CodeTab.module.css";
import { codeMessages } from "./messages";
import { useCompiledDag } from "./useCompiledDag";

/** The Dag that the drawing becomes, read-only. */
export function CodeTab({ graph }: { graph: Graph }) {
  const t = useMessages(codeMessages);
  const query = useCompiledDag(graph);
  const [copied, setCopied] = useState(false);

  if (query.isError) {
    return (
      <Fault title={t("failed", { message: describeError(query.error) })}>
        <Button size="small" onClick={() => void query.refetch()}>
          {t("retry")}
        </Button>
      </Fault>
    );
  }
  if (!query.data) {
    return (
      <div className={styles.root} data-testid="code-tab">
        <Spinner label={t("compiling")} />
      </div>
    );
  }
  if ("issues" in query.data) {
    return (
      <Fault title={t("cannotCompile")}>
        <p>{t("cannotCompileText")}</p>
        <Issues issues={query.data.issues} />
      </Fault>
    );
  }
  const { source, dagId } = query.data;

  function copy(): void {
    void copyText(source).then(() => {
      setCopied(true);
      setTimeout(() => setCopied(false), 1500);
    });
  }

  return (
    <div className={styles.root} data-testid="code-tab">
      <div className={styles.bar}>
        <code>{dagId}.py</code>
        <span className={styles.hint}>{t("hint")}</span>
        {query.isFetching && <Spinner size={13} label={t("compiling")} />}
        <IconButton size="small" label={copied ? t("copied") : t("copy")} testId="code-copy" onClick={copy}>
          {copied ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
        </IconButton>
        <IconButton size="small" label={t("download")} testId="code-download" onClick={() => downloadText(`${dagId}.py`, source, "text/x-python")}>
          <Download size={14} aria-hidden />
        </IconButton>
      </div>
      <div className={styles.code} data-stale={query.isPlaceholderData || undefined}>
        <CodeEditor value={source} language="python" label={t("code")} readOnly lineNumbers maxHeight="none" testId="code-source" />
      </div>
    </div>
  );
}

function Fault({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className={styles.root} data-testid="code-tab">
      <div className={styles.fault} role="status">
        <TriangleAlert size={16} aria-hidden />
        <div>
          <strong>{title}</strong>
          {children}
        </div>
      </div>
    </div>
  );
}

function Issues({ issues }: { issues: readonly Issue[] }) {
  const locale = useLocale();
  const nodes = useEditor((state) => state.graph?.nodes);
  const nameOf = (id: string | null) => {
    const node = nodes?.find((one) => one.id === id);
    return node ? `${nodeLabel(node)}: ` : "";
  };
  const focusField = useEditor((state) => state.focusField);
  return (
    <ul className={styles.issues}>
      {issues.map((issue, index) => (
        <li key={`${issue.code}:${index}`}>
          <button type="button" onClick={() => focusField(issue.node_id ?? null, issue.field ?? null)}>
            {nameOf(issue.node_id)}
            {issueText(issue, locale)}
          </button>
        </li>
      ))}
    </ul>
  );
}
