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
