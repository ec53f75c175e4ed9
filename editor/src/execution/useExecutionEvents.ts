import { useQueryClient } from "@tanstack/react-query";
import { useServerEvents, type ServerEvents } from "../api/serverEvents";
import { useLocale } from "../i18n/useMessages";
import { isObject } from "../schema/jsonSchema";

// `execution` brings all of it; where that would be much, `changed` says to read it.
const TYPES = ["execution", "changed", "gone", "reset"] as const;

/** Take over what the server tells of an execution while it is shown. */
export function useExecutionEvents(executionId: string): ServerEvents {
  const client = useQueryClient();
  const locale = useLocale();
  const path = `/api/executions/${encodeURIComponent(executionId)}/events?language=${locale.startsWith("ru") ? "ru" : "en"}`;
  return useServerEvents(path, TYPES, (type, data) => {
    const key = ["execution", executionId];
    if (type === "execution" && isObject(data) && data["id"] === executionId) client.setQueryData(key, data);
    else void client.invalidateQueries({ queryKey: key });
  });
}
