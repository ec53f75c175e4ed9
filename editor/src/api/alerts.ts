/** Alerts: rules, channels, and what was sent. */
import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "./client";
import type { components } from "../../openapi-gen/schema";

type Schemas = components["schemas"];

export type AlertRule = Schemas["AlertRuleResponse"];
export type AlertRuleBody = Schemas["AlertRuleBody"];
export type AlertChannel = Schemas["AlertChannelResponse"];
export type AlertChannelBody = Schemas["AlertChannelBody"];
export type AlertMessage = Schemas["AlertMessageSummary"];
export type RuleKind = AlertRule["kind"];
export type ChannelKind = AlertChannel["kind"];

export const ALERTS_KEY = ["alerts"] as const;

export function useAlertRules() {
  return useQuery({
    queryKey: [...ALERTS_KEY, "rules"],
    queryFn: async ({ signal }) => unwrap(await api.GET("/api/alerts/rules", { signal })).rules,
  });
}

export function useAlertChannels() {
  return useQuery({
    queryKey: [...ALERTS_KEY, "channels"],
    refetchInterval: 10_000,
    queryFn: async ({ signal }) => unwrap(await api.GET("/api/alerts/channels", { signal })),
  });
}

export async function fetchAlertHistory(query: { state?: AlertMessage["state"][]; limit: number; cursor?: string }, signal: AbortSignal) {
  return unwrap(await api.GET("/api/alerts/history", { signal, params: { query } }));
}

/** Store a rule: a new one when the id is null. */
export async function saveRule(id: string | null, body: AlertRuleBody) {
  if (id === null) return unwrap(await api.POST("/api/alerts/rules", { body }));
  return unwrap(await api.PUT("/api/alerts/rules/{rule_id}", { params: { path: { rule_id: id } }, body }));
}

export async function deleteRule(id: string) {
  return unwrap(await api.DELETE("/api/alerts/rules/{rule_id}", { params: { path: { rule_id: id } } }));
}

/** Store a channel: a new one when the id is null. */
export async function saveChannel(id: string | null, body: AlertChannelBody) {
  if (id === null) return unwrap(await api.POST("/api/alerts/channels", { body }));
  return unwrap(await api.PUT("/api/alerts/channels/{channel_id}", { params: { path: { channel_id: id } }, body }));
}

export async function deleteChannel(id: string) {
  return unwrap(await api.DELETE("/api/alerts/channels/{channel_id}", { params: { path: { channel_id: id } } }));
}

export async function testChannel(id: string) {
  return unwrap(await api.POST("/api/alerts/channels/{channel_id}/test", { params: { path: { channel_id: id } } }));
}
