/** Deliveries and the test address: list, read, send again, catch one. */
import { api, unwrap } from "./client";
import type { components } from "../../openapi-gen/schema";

type Schemas = components["schemas"];

export type DeliverySummary = Schemas["DeliverySummary"];
export type DeliveryDetail = Schemas["DeliveryResponse"];
export type DeliveryState = DeliverySummary["state"];
export type TestListener = Schemas["TestListenerResponse"];

export interface DeliveryQuery {
  workflow_id?: string;
  node_id?: string;
  kind?: string;
  state?: DeliveryState[];
  reason?: string;
  from?: string;
  to?: string;
  search?: string;
  limit: number;
  cursor?: string;
}

export async function fetchDeliveries(query: DeliveryQuery, signal: AbortSignal) {
  return unwrap(await api.GET("/api/deliveries", { signal, params: { query } }));
}

export async function fetchDelivery(id: string, signal: AbortSignal) {
  return unwrap(await api.GET("/api/deliveries/{delivery_id}", { signal, params: { path: { delivery_id: id } } }));
}

export async function fetchDeliveryCurl(id: string) {
  return unwrap(await api.GET("/api/deliveries/{delivery_id}/curl", { params: { path: { delivery_id: id } } }));
}

/** Send deliveries again, each for itself; the answer names those that were refused. */
export async function redeliver(ids: string[]) {
  return unwrap(await api.POST("/api/deliveries/redeliver", { body: { ids, limit: 100 } }));
}

export type RedeliverFilter = Schemas["DeliveryFilterBody"];

/** Send the next of all that match again, newest first; the answer tells where the rest begins. */
export async function redeliverMatching(filter: RedeliverFilter, cursor: string | null) {
  return unwrap(await api.POST("/api/deliveries/redeliver", { body: { filter, limit: 100, ...(cursor && { cursor }) } }));
}

export async function deleteDelivery(id: string) {
  return unwrap(await api.DELETE("/api/deliveries/{delivery_id}", { params: { path: { delivery_id: id } } }));
}

const LISTEN = "/api/workflows/{workflow_id}/triggers/{node_id}/listen";

export async function fetchListener(workflowId: string, nodeId: string, signal: AbortSignal) {
  return unwrap(await api.GET(LISTEN, { signal, params: { path: { workflow_id: workflowId, node_id: nodeId } } }));
}

export async function startListening(workflowId: string, nodeId: string) {
  return unwrap(await api.POST(LISTEN, { params: { path: { workflow_id: workflowId, node_id: nodeId } } }));
}

export async function stopListening(workflowId: string, nodeId: string) {
  return unwrap(await api.DELETE(LISTEN, { params: { path: { workflow_id: workflowId, node_id: nodeId } } }));
}
