import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "../api/client";
import { useSession } from "../api/queries";
import type { Session } from "../api/types";
import { useMessages } from "../i18n/useMessages";
import { sessionMessages } from "./messages";

export type Action = keyof Session["permissions"];

/**
 * Why the user may not do something, or null when they may. Hiding a button is a courtesy; the server decides.
 *
 * @param workflowId also counts what they may do with this workflow alone; left out, rights on all of them are meant
 */
export function usePermissions(workflowId?: string | null): (action: Action) => string | null {
  const t = useMessages(sessionMessages);
  const session = useSession();
  const own = useWorkflowPermissions(workflowId ?? null, session.data);
  return (action) => {
    if (!session.data) return session.isError ? t("sessionFailed") : t("sessionLoading");
    if (session.data.permissions[action] || own.data?.[action]) return null;
    return own.isLoading ? t("sessionLoading") : t(action, { user: session.data.user.name || session.data.user.id });
  };
}

/**
 * As usePermissions, for lists: asks once for all workflows.
 *
 * The function that it gives says why the user may not do it to a workflow, or to everything at once when the id is
 * null, or null when they may. `anywhere` is null when they may do it to any workflow at all.
 */
export function usePermissionsInList(action: "operate" | "run"): { refusalOf: (workflowId: string | null) => string | null; anywhere: string | null } {
  const t = useMessages(sessionMessages);
  const session = useSession();
  const general = usePermissions()(action);
  const own = useQuery({
    queryKey: ["permissions", "everywhere", action],
    enabled: session.data?.permissions[action] === false,
    staleTime: 60_000,
    retry: false,
    queryFn: async ({ signal }) => new Set(unwrap(await api.GET("/api/session/workflows", { signal, params: { query: { action } } })).workflow_ids),
  });
  const user = session.data ? session.data.user.name || session.data.user.id : "";
  const some = (own.data?.size ?? 0) > 0;
  const refusalOf = (workflowId: string | null) => {
    if (general === null || (workflowId !== null && own.data?.has(workflowId))) return null;
    if (own.isLoading) return t("sessionLoading");
    return some ? t(workflowId === null ? "onlySome" : "notThisOne", { user }) : general;
  };
  return { refusalOf, anywhere: some ? null : refusalOf(null) };
}

/** The workflow of an execution: its id is "<workflow id>.<run id>", and a workflow id holds no dot. */
export function workflowOfExecution(executionId: string): string {
  return executionId.split(".", 1)[0] ?? executionId;
}

/** Airflow's rights on a single Dag add to the general ones, so nothing is asked of who has all of these. */
function useWorkflowPermissions(workflowId: string | null, session: Session | undefined) {
  const lacksSome = session !== undefined && Object.values(session.permissions).includes(false);
  return useQuery({
    queryKey: ["permissions", workflowId],
    enabled: workflowId !== null && lacksSome,
    staleTime: 60_000,
    retry: false,
    queryFn: async ({ signal }) => unwrap(await api.GET("/api/workflows/{workflow_id}/permissions", { signal, params: { path: { workflow_id: workflowId ?? "" } } })),
  });
}
