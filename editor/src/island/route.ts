/**
 * The editor's own addresses, kept in the host's router: `/`, `/workflows/<id>`, `/workflows/<id>/executions/<id>`,
 * `/workflows/<id>/statistics?…`,
 * `/executions?…`, `/executions/<id>?…`, `/deliveries?…`, `/queue?…`,
 * `/dead-letters?…`, `/alerts`, `/storage`.
 */
import { create } from "zustand";

export type Navigate = (path: string, options?: { replace?: boolean }) => void;

interface RouteState {
  place: "page" | "dag";
  path: string;
  navigate: Navigate;
  /** Where the editor's page is mounted in the host's router. */
  pageRoute: string;
  /** Whether the host shows the island now; false while the user walks through the rest of Airflow. */
  attached: boolean;
}

export const routeStore = create<RouteState>(() => ({ place: "page", path: "/", navigate: () => undefined, attached: false, pageRoute: "" }));

export type Route =
  | { page: "list" }
  | { page: "workflow"; workflowId: string; executionId: string | null }
  | { page: "statistics"; workflowId: string; search: string }
  | { page: "deliveries"; search: string }
  | { page: "queue"; search: string }
  | { page: "executions"; search: string }
  | { page: "execution"; executionId: string; search: string }
  | { page: "deadLetters"; search: string }
  | { page: "alerts" }
  | { page: "storage" }
  | { page: "unknown"; path: string };

export function parseRoute(path: string): Route {
  const [pathname = "/", ...rest] = path.split("?");
  const parts = pathname.split("/").filter(Boolean).map(decodePart);
  if (parts.length === 0 || (parts.length === 1 && parts[0] === "workflows")) return { page: "list" };
  if (parts.length === 1 && parts[0] === "deliveries") return { page: "deliveries", search: rest.join("?") };
  if (parts.length === 1 && parts[0] === "queue") return { page: "queue", search: rest.join("?") };
  if (parts[0] === "executions" && parts.length === 1) return { page: "executions", search: rest.join("?") };
  if (parts[0] === "executions" && parts.length === 2 && parts[1]) return { page: "execution", executionId: parts[1], search: rest.join("?") };
  if (parts.length === 1 && parts[0] === "dead-letters") return { page: "deadLetters", search: rest.join("?") };
  if (parts.length === 1 && parts[0] === "alerts") return { page: "alerts" };
  if (parts.length === 1 && parts[0] === "storage") return { page: "storage" };
  const [first, workflowId, third, executionId] = parts;
  if (first === "workflows" && workflowId) {
    if (parts.length === 2) return { page: "workflow", workflowId, executionId: null };
    if (third === "statistics" && parts.length === 3) return { page: "statistics", workflowId, search: rest.join("?") };
    if (third === "executions" && executionId && parts.length === 4) return { page: "workflow", workflowId, executionId };
  }
  return { page: "unknown", path: pathname };
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function workflowPath(workflowId: string, executionId?: string | null): string {
  const base = `/workflows/${encodeURIComponent(workflowId)}`;
  return executionId ? `${base}/executions/${encodeURIComponent(executionId)}` : base;
}

/** How a workflow fares over time. */
export function statisticsPath(workflowId: string): string {
  return `${workflowPath(workflowId)}/statistics`;
}

/** The page of one execution; `query` tells what of it is looked at. */
export function executionPath(executionId: string, query: Record<string, string> = {}): string {
  const text = new URLSearchParams(query).toString();
  return `/executions/${encodeURIComponent(executionId)}${text && `?${text}`}`;
}

export function navigate(path: string, options?: { replace?: boolean }): void {
  routeStore.getState().navigate(path, options);
}

export function useRoute(): Route {
  const path = routeStore((state) => state.path);
  return parseRoute(path);
}
