import type { Session } from "../api/types";

/** The page of a workflow's Dag in Airflow. */
export function dagUrl(session: Session | undefined, workflowId: string): string {
  const base = session?.airflow_base_url || document.baseURI;
  return new URL(`dags/${encodeURIComponent(workflowId)}`, base.endsWith("/") ? base : `${base}/`).href;
}
