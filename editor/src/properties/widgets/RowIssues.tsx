import { CircleAlert, TriangleAlert } from "lucide-react";
import { issueText } from "../../components/issueText";
import { useLocale } from "../../i18n/useMessages";
import type { FormIssue } from "../issueIndex";
import styles from "./widgets.module.css";

/** Issues as lines under what they are about. */
export function RowIssues({ issues, id }: { issues: readonly FormIssue[]; id?: string }) {
  const locale = useLocale();
  if (issues.length === 0) return null;
  return (
    <ul className={styles.issues} id={id}>
      {issues.map((issue, index) => (
        <li key={`${issue.code}:${index}`} data-severity={issue.severity} data-testid={`issue-${issue.code}`}>
          {issue.severity === "error" ? <CircleAlert size={13} aria-hidden /> : <TriangleAlert size={13} aria-hidden />}
          <span>{issueText(issue, locale)}</span>
        </li>
      ))}
    </ul>
  );
}
