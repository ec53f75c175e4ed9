import type { Session } from "../api/types";
import { useSession } from "../api/queries";
import { useMessages } from "../i18n/useMessages";
import { sessionMessages } from "./messages";

export type Action = keyof Session["permissions"];

/** Why the user may not do something, or null when they may. Hiding a button is a courtesy; the server decides. */
export function usePermissions(): (action: Action) => string | null {
  const t = useMessages(sessionMessages);
  const session = useSession();
  return (action) => {
    if (!session.data) return session.isError ? t("sessionFailed") : t("sessionLoading");
    return session.data.permissions[action] ? null : t(action, { user: session.data.user.name || session.data.user.id });
  };
}
