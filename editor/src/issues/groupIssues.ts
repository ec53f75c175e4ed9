/** Issues in the order in which a reader wants them: by node, errors first. */
import type { Issue } from "../api/types";

export interface IssueGroup {
  /** Null: the workflow as a whole. */
  nodeId: string | null;
  issues: Issue[];
}

const RANK = { error: 0, warning: 1 };

export function groupIssues(issues: readonly Issue[], nodeOrder: readonly string[]): IssueGroup[] {
  const groups = new Map<string | null, Issue[]>();
  for (const issue of issues) {
    const key = issue.node_id ?? null;
    groups.set(key, [...(groups.get(key) ?? []), issue]);
  }
  // Nodes that the graph no longer has come last, the workflow's own issues first.
  const place = (nodeId: string | null) => (nodeId === null ? -1 : nodeOrder.includes(nodeId) ? nodeOrder.indexOf(nodeId) : nodeOrder.length);
  return [...groups.entries()]
    .sort(([a], [b]) => place(a) - place(b))
    .map(([nodeId, list]) => ({ nodeId, issues: [...list].sort((a, b) => RANK[a.severity ?? "error"] - RANK[b.severity ?? "error"]) }));
}

export function countIssues(issues: readonly Issue[]): { errors: number; warnings: number } {
  const warnings = issues.filter((issue) => issue.severity === "warning").length;
  return { errors: issues.length - warnings, warnings };
}
