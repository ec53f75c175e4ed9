import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Upload } from "lucide-react";
import { useRef, useState } from "react";
import { ApiProblem, describeError } from "../api/client";
import type { Issue } from "../api/types";
import { importWorkflow } from "../api/workflows";
import { Button } from "../components/Button";
import { Dialog } from "../components/Dialog";
import { Field, inputClass } from "../components/Field";
import { toast } from "../components/Toast";
import { useMessages } from "../i18n/useMessages";
import { navigate, workflowPath } from "../island/route";
import styles from "./ImportDialog.module.css";
import { listMessages } from "./messages";

export function ImportDialog({ onClose }: { onClose: () => void }) {
  const t = useMessages(listMessages);
  const client = useQueryClient();
  const picker = useRef<HTMLInputElement>(null);
  const [text, setText] = useState("");
  const [name, setName] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [issues, setIssues] = useState<Issue[]>([]);

  const send = useMutation({
    mutationFn: (document: Record<string, unknown>) => importWorkflow(document, name.trim() || null),
    onSuccess: (workflow) => {
      void client.invalidateQueries({ queryKey: ["workflows"] });
      toast({ tone: "success", title: t("imported", { name: workflow.name }) });
      onClose();
      navigate(workflowPath(workflow.id));
    },
    onError: (error) => {
      setProblem(describeError(error));
      setIssues(error instanceof ApiProblem ? error.issues : []);
    },
  });
  const change = (value: string) => {
    setText(value);
    setProblem(null);
    setIssues([]);
  };
  const submit = () => {
    if (!text.trim()) {
      setProblem(t("importNeeded"));
      return;
    }
    let document: unknown;
    try {
      document = JSON.parse(text);
    } catch (error) {
      setProblem(t("importNotJson", { detail: describeError(error) }));
      return;
    }
    if (typeof document !== "object" || document === null || Array.isArray(document)) setProblem(t("importNotObject"));
    else if (!send.isPending) send.mutate(document as Record<string, unknown>);
  };
  const readFile = async (file: File | undefined) => {
    if (!file) return;
    try {
      change(await file.text());
    } catch (error) {
      setProblem(t("fileUnreadable", { detail: describeError(error) }));
    }
  };
  return (
    <Dialog
      title={t("importTitle")}
      description={t("importText")}
      onClose={onClose}
      onSubmit={submit}
      testId="import-dialog"
      footer={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" variant="primary" busy={send.isPending} testId="import-submit">
            {t("importSubmit")}
          </Button>
        </>
      }
    >
      <div>
        <input ref={picker} type="file" accept=".json,application/json" hidden data-testid="import-file" onChange={(event) => void readFile(event.target.files?.[0])} />
        <Button icon={<Upload />} onClick={() => picker.current?.click()}>
          {t("importFile")}
        </Button>
      </div>
      <Field label={t("importPaste")} error={problem}>
        {({ id, describedBy, invalid }) => (
          <textarea
            id={id}
            className={`${inputClass} ${styles.text}`}
            aria-describedby={describedBy}
            aria-invalid={invalid}
            data-testid="import-text"
            spellCheck={false}
            rows={10}
            value={text}
            placeholder={'{ "format": "flowforge/v1", … }'}
            onChange={(event) => change(event.target.value)}
            onDragOver={(event) => event.preventDefault()}
            onDrop={(event) => {
              if (event.dataTransfer.files.length === 0) return;
              event.preventDefault();
              void readFile(event.dataTransfer.files[0]);
            }}
          />
        )}
      </Field>
      {issues.length > 0 && (
        <div className={styles.issues} role="alert" data-testid="import-issues">
          <p className={styles.count}>{t("importIssues", { count: issues.length })}</p>
          <ul>
            {issues.map((issue, index) => (
              <li key={index}>
                {issue.message} {issue.field && <code>{issue.field}</code>}
              </li>
            ))}
          </ul>
        </div>
      )}
      <Field label={t("importName")}>
        {({ id }) => <input id={id} className={inputClass} data-testid="import-name" maxLength={200} value={name} onChange={(event) => setName(event.target.value)} />}
      </Field>
    </Dialog>
  );
}
