import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { pruneData } from "../expressions/scope";
import type { Json, JsonObject } from "../schema/jsonSchema";
import { previewExpression } from "./queries";

export type Preview =
  | { status: "value"; value: Json; type: string; stale: boolean }
  | { status: "fault"; message: string; stale: boolean }
  | { status: "offline"; message: string; stale: boolean }
  | { status: "pending"; stale: boolean };

const DELAY_MS = 300;

/** Ask the server what a template makes of the data: the same code and limits as in a run. */
export function useExpressionPreview(template: Json, data: JsonObject): Preview {
  const settled = useSettled(template, DELAY_MS);
  const pruned = useMemo(() => pruneData(data, settled), [data, settled]);
  const query = useQuery({
    queryKey: ["expression-preview", settled, pruned],
    queryFn: ({ signal }) => previewExpression(settled, pruned, signal),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 60_000,
    retry: false,
  });
  const stale = query.isPlaceholderData || settled !== template;
  if (query.isError) return { status: "offline", message: query.error.message, stale };
  if (!query.data) return { status: "pending", stale };
  if (query.data.ok) return { status: "value", value: (query.data.value ?? null) as Json, type: query.data.type ?? "any", stale };
  return { status: "fault", message: query.data.error?.message ?? "", stale };
}

/** The value after it has been still for a while. */
export function useSettled<T>(value: T, delayMs: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), delayMs);
    return () => clearTimeout(timer);
  }, [value, delayMs]);
  return settled;
}
