/** What is looked for among the deliveries, as it stands in the address. */
import type { DeliveryQuery, DeliveryState, RedeliverFilter } from "../api/deliveries";

export const STATES: readonly DeliveryState[] = ["pending", "held", "dispatched", "failed", "skipped", "captured"];
export const REASONS = ["filter", "debounced", "concurrency"] as const;
export const KINDS = ["webhook", "email", "form"] as const;

export interface DeliveryFilter {
  workflow: string;
  node: string;
  kind: string;
  state: string;
  reason: string;
  /** As the browser's field gives it: local time without a zone. */
  from: string;
  to: string;
  search: string;
  /** The delivery whose details are open. */
  delivery: string;
}

export const NO_FILTER: DeliveryFilter = { workflow: "", node: "", kind: "", state: "", reason: "", from: "", to: "", search: "", delivery: "" };
const NAMES = Object.keys(NO_FILTER) as (keyof DeliveryFilter)[];

export function readFilter(search: string): DeliveryFilter {
  const params = new URLSearchParams(search);
  return Object.fromEntries(NAMES.map((name) => [name, params.get(name) ?? ""])) as unknown as DeliveryFilter;
}

export function writeFilter(filter: DeliveryFilter): string {
  const params = new URLSearchParams();
  for (const name of NAMES) if (filter[name]) params.set(name, filter[name]);
  const text = params.toString();
  return text && `?${text}`;
}

/** Whether anything but the open delivery is chosen. */
export function isFiltered(filter: DeliveryFilter): boolean {
  return NAMES.some((name) => name !== "delivery" && filter[name] !== "");
}

/** What the server is asked; what it would refuse is left out. */
export function toQuery(filter: DeliveryFilter, limit: number, cursor: string | null): DeliveryQuery {
  const state = STATES.find((one) => one === filter.state);
  const from = toIso(filter.from);
  const to = toIso(filter.to);
  return {
    limit,
    ...(filter.workflow && { workflow_id: filter.workflow }),
    ...(filter.node && { node_id: filter.node }),
    ...(filter.kind && { kind: filter.kind }),
    ...(state && { state: [state] }),
    ...(filter.reason && { reason: filter.reason }),
    ...(from && { from }),
    ...(to && { to }),
    ...(filter.search.trim() && { search: filter.search.trim() }),
    ...(cursor && { cursor }),
  };
}

/** The same as the server takes it where all that match are sent again. */
export function toRedeliver(filter: DeliveryFilter): RedeliverFilter {
  const { workflow_id, node_id, kind, state, reason, from, to, search } = toQuery(filter, 1, null);
  return {
    states: state ?? [],
    ...(workflow_id && { workflow_id }),
    ...(node_id && { node_id }),
    ...(kind && { kind }),
    ...(reason && { reason }),
    ...(from && { received_from: from }),
    ...(to && { received_to: to }),
    ...(search && { search }),
  };
}

function toIso(local: string): string | null {
  const moment = new Date(local);
  return local && !Number.isNaN(moment.getTime()) ? moment.toISOString() : null;
}
