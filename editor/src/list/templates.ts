/** What a new workflow may begin with. Graphs as a person would draw them; the server sets id and name. */

import type { components } from "../../openapi-gen/schema";

type TemplateGraph = components["schemas"]["TemplateGraphResponse"]["graph"];

export type TemplateId = "blank" | "webhook" | "schedule" | "database";

interface TemplateNode {
  id: string;
  type: string;
  name: string;
  parameters: Record<string, unknown>;
  x: number;
  y?: number;
}

function graphOf(nodes: readonly TemplateNode[], timezone: string): Record<string, unknown> {
  return {
    format: "flowforge/v1",
    settings: { timezone },
    nodes: nodes.map(({ id, type, name, parameters, x, y = 200 }) => ({ id, type, name, parameters, position: { x, y } })),
    edges: nodes.slice(1).map((node, index) => ({ source: nodes[index]?.id, source_port: "success", target: node.id })),
  };
}

function setFields(fields: { name: string; value: string }[]): Record<string, unknown> {
  return { operations: [{ operation: "set_fields", fields }] };
}

const SAMPLE_ORDER = { id: 7, quantity: 2 };

/** `names`: what the nodes are called, in the user's language. */
export function templateGraph(id: TemplateId, names: (key: TemplateNodeName) => string, timezone: string): Record<string, unknown> {
  switch (id) {
    case "blank":
      return graphOf([{ id: "start", type: "manual", name: names("start"), parameters: {}, x: 120 }], timezone);
    case "webhook":
      return graphOf(
        [
          { id: "webhook", type: "webhook", name: names("webhook"), parameters: { authentication: "none", sample_payload: SAMPLE_ORDER }, x: 80 },
          {
            id: "shape",
            type: "transform",
            name: names("shape"),
            parameters: setFields([{ name: "order_id", value: "{{ trigger.body.id }}" }, { name: "quantity", value: "{{ trigger.body.quantity | default(1) }}" }]),
            x: 400,
          },
          {
            id: "send",
            type: "http.request",
            name: names("send"),
            parameters: { method: "POST", url: "https://example.com/orders", body_type: "json", body: "{{ steps.shape }}" },
            x: 720,
          },
        ],
        timezone,
      );
    case "schedule":
      return graphOf(
        [
          { id: "schedule", type: "cron", name: names("schedule"), parameters: { expression: "0 7 * * 1-5" }, x: 80 },
          { id: "fetch", type: "http.request", name: names("fetch"), parameters: { method: "GET", url: "https://example.com/report" }, x: 400 },
          {
            id: "shape",
            type: "transform",
            name: names("shape"),
            parameters: setFields([{ name: "report", value: "{{ steps.fetch.body }}" }, { name: "made_at", value: "{{ run.started_at }}" }]),
            x: 720,
          },
        ],
        timezone,
      );
    case "database":
      return graphOf(
        [
          { id: "webhook", type: "webhook", name: names("webhook"), parameters: { authentication: "none", sample_payload: SAMPLE_ORDER }, x: 80 },
          {
            id: "insert_row",
            type: "postgres.query",
            name: names("insert"),
            parameters: {
              connection_id: "",
              operation: "insert",
              table: "orders",
              row: [
                { name: "id", value: "{{ trigger.body.id }}" },
                { name: "quantity", value: "{{ trigger.body.quantity }}" },
              ],
            },
            x: 400,
          },
        ],
        timezone,
      );
  }
}

// They sort the examples; a workflow that somebody makes of one is no example any more.
const EXAMPLE_TAGS = new Set(["example", "template"]);

/** A graph that comes with FlowForge, as the draft of a person's own workflow. */
export function adoptTemplate(graph: TemplateGraph, timezone: string): Record<string, unknown> {
  const { settings } = graph;
  return {
    ...graph,
    settings: {
      ...settings,
      tags: (settings?.tags ?? []).filter((tag) => !EXAMPLE_TAGS.has(tag)),
      // Where the example names no place of its own, its schedules are meant in the person's time.
      timezone: settings?.timezone && settings.timezone !== "UTC" ? settings.timezone : timezone,
    },
  };
}

export type TemplateNodeName = keyof (typeof templateNodeNames)["en"];

export const templateNodeNames = {
  en: { start: "Start", webhook: "Webhook", shape: "Shape the data", send: "Send it on", schedule: "Weekdays at 7", fetch: "Get the figures", insert: "Insert the row" },
  ru: { start: "Старт", webhook: "Вебхук", shape: "Преобразовать данные", send: "Отправить дальше", schedule: "По будням в 7", fetch: "Получить данные", insert: "Добавить строку" },
};
