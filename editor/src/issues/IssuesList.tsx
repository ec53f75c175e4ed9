import { CircleAlert, CircleCheck, TriangleAlert } from "lucide-react";
import { useMemo } from "react";
import type { Issue } from "../api/types";
import { EmptyState } from "../components/EmptyState";
import { issueText } from "../components/issueText";
import { NodeIcon } from "../components/NodeIcon";
import { nodeLabel } from "../graph/types";
import { useLocale, useMessages } from "../i18n/useMessages";
import { useEditor } from "../store/editorStore";
import { countIssues, groupIssues } from "./groupIssues";
import styles from "./IssuesList.module.css";
import { issuesMessages } from "./messages";

export interface IssuesListProps {
  issues: readonly Issue[];
  /** Take the reader to the node and field of the issue. */
  onSelect: (issue: Issue) => void;
}

/** All that was found in the workflow, by node; a click goes to the place. */
export function IssuesList({ issues, onSelect }: IssuesListProps) {
  const t = useMessages(issuesMessages);
  const nodes = useEditor((state) => state.graph?.nodes);
  const nodeTypes = useEditor((state) => state.nodeTypes);
  const groups = useMemo(() => groupIssues(issues, (nodes ?? []).map((node) => node.id)), [issues, nodes]);
  if (issues.length === 0) return <EmptyState icon={<CircleCheck />} title={t("none")} text={t("noneText")} testId="no-issues" />;
  const { errors, warnings } = countIssues(issues);
  const counts = [errors > 0 ? t("errors", { count: errors }) : "", warnings > 0 ? t("warnings", { count: warnings }) : ""].filter(Boolean);
  return (
    <div className={styles.root} data-testid="issues-list">
      <p className={styles.summary}>
        <strong>{counts.join(", ")}.</strong> {t("blocking")}
      </p>
      {groups.map((group) => {
        const node = nodes?.find((one) => one.id === group.nodeId);
        const icon = node && nodeTypes.get(node.type)?.icon;
        const title = node ? nodeLabel(node) : (group.nodeId ?? t("workflow"));
        return (
          <section key={group.nodeId ?? ""} className={styles.group} aria-label={title}>
            <h3>
              {icon && <NodeIcon name={icon} size={15} />}
              {title}
            </h3>
            <ul>
              {group.issues.map((issue, index) => (
                <li key={`${issue.code}:${index}`}>
                  <IssueRow issue={issue} onSelect={onSelect} />
                </li>
              ))}
            </ul>
          </section>
        );
      })}
    </div>
  );
}

function IssueRow({ issue, onSelect }: { issue: Issue; onSelect: (issue: Issue) => void }) {
  const locale = useLocale();
  const t = useMessages(issuesMessages);
  const isWarning = issue.severity === "warning";
  const place = issue.field?.replace(/^parameters\./, "") ?? (issue.edge_id ? t("edge", { edge: issue.edge_id }) : null);
  return (
    <button
      type="button"
      className={styles.issue}
      data-severity={issue.severity}
      data-testid={`issue-row-${issue.code}`}
      title={t("jump")}
      onClick={() => onSelect(issue)}
    >
      {isWarning ? <TriangleAlert size={15} aria-label={t("warning")} /> : <CircleAlert size={15} aria-label={t("error")} />}
      <span className={styles.text}>
        {place && <code>{place}</code>}
        <span>{issueText(issue, locale)}</span>
      </span>
      <code className={styles.code}>{issue.code}</code>
    </button>
  );
}
