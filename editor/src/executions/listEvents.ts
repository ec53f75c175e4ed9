/** The stream that tells when the list of executions has changed. */
import type { InfiniteData } from "@tanstack/react-query";
import type { listExecutions } from "../api/executions";
import type { ExecutionSummary } from "../api/types";
import { isObject } from "../schema/jsonSchema";
import { toQuery, type ExecutionFilter } from "./executionFilter";

/** `execution`: a line that fits the filter; `gone`: the id of one that does not any more; after the others the list is read. */
export const EVENT_TYPES = ["execution", "gone", "open", "reset"] as const;

export type Pages = InfiniteData<Awaited<ReturnType<typeof listExecutions>>, string | null>;

/** The list after an event; null: it has to be read again. */
export function applyEvent(pages: Pages, type: string, data: unknown): Pages | null {
  if (!isObject(data) || typeof data["id"] !== "string") return null;
  const { id } = data;
  const known = pages.pages.some((page) => page.executions.some((one) => one.id === id));
  if (type === "gone") return known ? { ...pages, pages: pages.pages.map((page) => ({ ...page, executions: page.executions.filter((one) => one.id !== id), total_entries: less(page.total_entries) })) } : pages;
  if (type !== "execution") return null;
  const line = data as unknown as ExecutionSummary;
  if (known) return { ...pages, pages: pages.pages.map((page) => ({ ...page, executions: page.executions.map((one) => (one.id === id ? line : one)) })) };
  const [first, ...rest] = pages.pages;
  if (!first) return null;
  // An old one that fits now has its place further down, which only the server knows.
  const newest = first.executions[0]?.created_at;
  if (newest && (!line.created_at || line.created_at < newest)) return null;
  return { ...pages, pages: [{ ...first, executions: [line, ...first.executions], total_entries: first.total_entries === null ? null : first.total_entries + 1 }, ...rest] };
}

function less(total: number | null): number | null {
  return total === null ? null : Math.max(0, total - 1);
}

export function eventsPath(filter: ExecutionFilter, locale: string): string {
  const params = new URLSearchParams({ language: locale.startsWith("ru") ? "ru" : "en" });
  for (const [name, value] of Object.entries(toQuery(filter))) for (const one of Array.isArray(value) ? value : [value]) params.append(name, String(one));
  return `/api/executions/events?${params.toString()}`;
}
