/** Which issues belong to which field of a form. */
import { fieldPath, type Path } from "../schema/paths";

export interface FormIssue {
  code: string;
  message: string;
  severity: "error" | "warning";
  node_id?: string | null;
  field?: string | null;
}

/** Issues at the path or below it. */
export function issuesUnder(issues: readonly FormIssue[], path: Path): FormIssue[] {
  const prefix = fieldPath(path);
  return issues.filter((issue) => issue.field === prefix || issue.field?.startsWith(`${prefix}.`));
}

/** Issues at the path itself, or below it where no field of the form stands. */
export function issuesAt(issues: readonly FormIssue[], path: Path, children: readonly Path[] = []): FormIssue[] {
  const below = children.map(fieldPath);
  return issuesUnder(issues, path).filter(
    (issue) => !below.some((child) => issue.field === child || issue.field?.startsWith(`${child}.`)),
  );
}

/** Issues that no field of the form shows. */
export function issuesElsewhere(issues: readonly FormIssue[], fields: readonly Path[]): FormIssue[] {
  const shown = fields.map(fieldPath);
  return issues.filter((issue) => {
    const field = issue.field;
    return !field || !shown.some((path) => field === path || field.startsWith(`${path}.`));
  });
}
