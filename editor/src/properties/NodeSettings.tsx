import type { NodeType } from "../api/types";
import type { GraphNode, GraphRetry } from "../graph/types";
import { useMessages } from "../i18n/useMessages";
import { useEditor } from "../store/editorStore";
import { propertiesMessages } from "./messages";
import styles from "./properties.module.css";
import { RetrySettings } from "./RetrySettings";
import { SettingField } from "./SettingField";
import { SettingNumber } from "./SettingNumber";
import widgets from "./widgets/widgets.module.css";

export interface NodeSettingsProps {
  node: GraphNode;
  nodeType: NodeType | undefined;
  readOnly: boolean;
}

/** What every node has: name, notes, and what happens when it fails or hangs. */
export function NodeSettings({ node, nodeType, readOnly }: NodeSettingsProps) {
  const t = useMessages(propertiesMessages);
  const renameNode = useEditor((state) => state.renameNode);
  const updateNode = useEditor((state) => state.updateNode);
  const allIssues = useEditor((state) => state.issues);
  const issuesOf = (field: string) => allIssues.filter((issue) => issue.node_id === node.id && (issue.field === field || issue.field?.startsWith(`${field}.`)));
  const isTrigger = nodeType?.kind === "trigger";
  return (
    <div className={styles.fields}>
      <SettingField label={t("nodeName")} name="name" issues={issuesOf("name")}>
        {(ids) => (
          <input
            id={ids.inputId}
            className={widgets.input}
            value={node.name}
            maxLength={200}
            readOnly={readOnly}
            placeholder={node.id}
            aria-describedby={ids.describedBy}
            onChange={(event) => renameNode(node.id, event.target.value)}
          />
        )}
      </SettingField>
      <SettingField label={t("nodeId")} name="id" help={isTrigger ? t("nodeIdTrigger") : t("nodeIdHelp", { id: node.id })} issues={issuesOf("id")}>
        {(ids) => <input id={ids.inputId} className={widgets.input} data-mono value={node.id} readOnly aria-describedby={ids.describedBy} />}
      </SettingField>
      <SettingField label={t("notes")} name="notes" help={t("notesHelp")} issues={issuesOf("notes")}>
        {(ids) => (
          <textarea
            id={ids.inputId}
            className={widgets.input}
            rows={3}
            maxLength={10_000}
            value={node.notes}
            readOnly={readOnly}
            aria-describedby={ids.describedBy}
            onChange={(event) => updateNode(node.id, { notes: event.target.value }, `notes:${node.id}`)}
          />
        )}
      </SettingField>
      {!isTrigger && (
        <>
          <RetrySettings
            retry={node.retry}
            usual={(nodeType?.default_retry ?? null) as GraphRetry | null}
            readOnly={readOnly}
            issues={issuesOf("retry")}
            onChange={(retry, field) => updateNode(node.id, { retry }, `retry:${node.id}:${field}`)}
          />
          <SettingNumber
            label={t("timeout")}
            help={t("timeoutHelp")}
            name="timeout_s"
            value={node.timeout_s}
            exclusiveMinimum={0}
            maximum={604_800}
            nullable
            readOnly={readOnly}
            issues={issuesOf("timeout_s")}
            onChange={(timeout) => updateNode(node.id, { timeout_s: timeout }, `timeout:${node.id}`)}
          />
        </>
      )}
    </div>
  );
}
