/** What is looked for among the executions, as it stands in the address. */
import type { ExecutionQuery } from "../api/executions";
import type { ExecutionState } from "../api/types";

export const STATES: readonly ExecutionState[] = ["queued", "running", "success", "failed", "cancelled"];
export const TRIGGERS = ["manual", "webhook", "form", "email", "cron", "asset", "workflow"] as const;
export type Trigger = (typeof TRIGGERS)[number];

export interface ExecutionFilter {
  workflow: string;
  state: string;
  trigger: string;
  /** As the browser's field gives it: local time without a zone. */
  from: string;
  to: string;
  search: string;
  /** "yes": only those that were looked after; "no": only others. */
  handled: string;
}

export const NO_FILTER: ExecutionFilter = { workflow: "", state: "", trigger: "", from: "", to: "", search: "", handled: "" };
const NAMES = Object.keys(NO_FILTER) as (keyof ExecutionFilter)[];

export function readFilter(search: string): ExecutionFilter {
  const params = new URLSearchParams(search);
  return Object.fromEntries(NAMES.map((name) => [name, params.get(name) ?? ""])) as unknown as ExecutionFilter;
}

export function writeFilter(filter: ExecutionFilter): string {
  const params = new URLSearchParams();
  for (const name of NAMES) if (filter[name]) params.set(name, filter[name]);
  const text = params.toString();
  return text && `?${text}`;
}

export function isFiltered(filter: ExecutionFilter): boolean {
  return NAMES.some((name) => filter[name] !== "");
}

/** What the server is asked; what it would refuse is left out. */
export function toQuery(filter: ExecutionFilter): ExecutionQuery {
  const state = STATES.find((one) => one === filter.state);
  const trigger = TRIGGERS.find((one) => one === filter.trigger);
  const from = toIso(filter.from);
  const to = toIso(filter.to);
  return {
    ...(filter.workflow && { workflow_id: filter.workflow }),
    ...(state && { state: [state] }),
    ...(trigger && { trigger: [trigger] }),
    ...(from && { from }),
    ...(to && { to }),
    ...(filter.search.trim() && { search: filter.search.trim() }),
    ...((filter.handled === "yes" || filter.handled === "no") && { handled: filter.handled === "yes" }),
  };
}

function toIso(local: string): string | null {
  const moment = new Date(local);
  return local && !Number.isNaN(moment.getTime()) ? moment.toISOString() : null;
}
