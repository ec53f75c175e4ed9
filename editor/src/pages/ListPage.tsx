import { WorkflowList } from "../list/WorkflowList";

export function ListPage() {
  return <WorkflowList />;
}
