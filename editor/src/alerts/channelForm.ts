/** What a channel's form holds, and what is wrong with it; the server checks the same once more. */
import type { AlertChannel, AlertChannelBody, ChannelKind } from "../api/alerts";

export type ConfigField = "connection_id" | "chat" | "to" | "sender" | "url" | "notifier";

/** Fields of a kind in their order. */
export const FIELDS: Record<ChannelKind, readonly ConfigField[]> = {
  telegram: ["connection_id", "chat"],
  email: ["connection_id", "to", "sender"],
  webhook: ["connection_id", "url"],
  slack: ["connection_id"],
  notifier: ["notifier"],
};

const OPTIONAL = new Set<ConfigField>(["chat", "sender"]);

export interface ChannelForm {
  kind: ChannelKind;
  name: string;
  enabled: boolean;
  language: "" | "en" | "ru";
  fallback_id: string | null;
  config: Record<ConfigField, string>;
  /** Environment variables say where it leads: only the rest can be changed here. */
  fixed: boolean;
}

export type FormFault = { key: "required" } | { key: "invalidUrl" } | { key: "invalidEmail"; address: string };

export function isNeeded(field: ConfigField): boolean {
  return !OPTIONAL.has(field);
}

export function formOfChannel(channel: AlertChannel | null): ChannelForm {
  const config = channel?.config;
  return {
    kind: channel?.kind ?? "telegram",
    name: channel?.name ?? "",
    enabled: channel?.enabled ?? true,
    language: channel?.language ?? "",
    fallback_id: channel?.fallback_id ?? null,
    fixed: channel?.source === "environment",
    config: {
      connection_id: config?.connection_id ?? "",
      chat: config?.chat ?? "",
      to: (config?.to ?? []).join(", "),
      sender: config?.sender ?? "",
      url: config?.url ?? "",
      notifier: config?.notifier ?? "",
    },
  };
}

export function splitAddresses(text: string): string[] {
  return text
    .split(/[,;\s]+/)
    .map((one) => one.trim())
    .filter(Boolean);
}

/** What is wrong, by field; empty when it can be saved. */
export function faultsOfChannel(form: ChannelForm): Partial<Record<ConfigField | "name", FormFault>> {
  const faults: Partial<Record<ConfigField | "name", FormFault>> = {};
  if (form.name.trim() === "") faults.name = { key: "required" };
  if (form.fixed) return faults;
  for (const field of FIELDS[form.kind]) if (isNeeded(field) && form.config[field].trim() === "") faults[field] = { key: "required" };
  if (form.kind === "webhook" && !faults.url && !/^https?:\/\//i.test(form.config.url.trim())) faults.url = { key: "invalidUrl" };
  if (form.kind === "email") {
    for (const field of ["to", "sender"] as const) {
      const wrong = splitAddresses(form.config[field]).find((address) => !/^[^@\s]+@[^@\s]+$/.test(address));
      if (wrong !== undefined) faults[field] = { key: "invalidEmail", address: wrong };
    }
  }
  return faults;
}

/** Only what the kind has is sent along: the server refuses the rest. */
export function bodyOfChannel(form: ChannelForm): AlertChannelBody {
  const config = { connection_id: "", chat: "", to: [] as string[], sender: "", url: "", notifier: "" };
  for (const field of FIELDS[form.kind]) {
    if (field === "to") config.to = splitAddresses(form.config.to);
    else config[field] = form.config[field].trim();
  }
  return { kind: form.kind, name: form.name.trim(), enabled: form.enabled, language: form.language || null, fallback_id: form.fallback_id, config };
}
