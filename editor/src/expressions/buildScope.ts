/** The scope of one node: what its expressions can see, from a run, a sample, and output schemas. */
import { loopOf } from "../graph/loops";
import { inlineRefs, isObject, type Json, type JsonObject, type JsonSchema } from "../schema/jsonSchema";
import { getIn } from "../schema/paths";
import type { Scope } from "./scope";

/** The parts of the graph document that a scope depends on. */
export interface ScopeGraph {
  id: string;
  name: string;
  settings: { variables: Record<string, unknown>; timezone: string };
  nodes: readonly { id: string; type: string; parameters: Record<string, unknown>; pinned?: { output: unknown } }[];
  edges: readonly { source: string; source_port: string; target: string }[];
}

export interface ScopeNodeType {
  kind: "trigger" | "action" | "note";
  output_schema: Record<string, unknown>;
}

export interface ScopeExecution {
  run_id: string;
  workflow_id: string;
  revision: number | null;
  started_at: string | null;
  trigger: JsonObject | string | null;
  steps: readonly { node_id: string; state: string; tries: number; input?: Json; output?: Json }[];
}

const NOTHING: JsonObject = {};
const ITEM_SCHEMA: Record<string, JsonSchema> = {
  item: { description: "The present item of the loop." },
  item_index: { type: "integer", description: "Place of the present item in the loop's list, from 0." },
};

/** Ids of all nodes from which edges lead to the node, nearest first. */
export function upstreamOf(nodeId: string, edges: readonly { source: string; target: string }[]): string[] {
  const found: string[] = [];
  const seen = new Set([nodeId]);
  let frontier = [nodeId];
  while (frontier.length > 0) {
    const next: string[] = [];
    for (const edge of edges) {
      if (frontier.includes(edge.target) && !seen.has(edge.source)) {
        seen.add(edge.source);
        next.push(edge.source);
      }
    }
    found.push(...next);
    frontier = next;
  }
  return found;
}

const STRING: JsonSchema = { type: "string" };
const RUN_SCHEMA: JsonSchema = {
  type: "object",
  properties: {
    id: STRING,
    workflow_id: STRING,
    started_at: STRING,
    try_number: { type: "integer" },
    scheduled_at: { type: ["string", "null"] },
    url: STRING,
  },
};
const WORKFLOW_SCHEMA: JsonSchema = { type: "object", properties: { id: STRING, name: STRING, revision: { type: "integer" }, timezone: STRING } };

export function buildScope(input: {
  graph: ScopeGraph;
  nodeId: string;
  nodeTypes: ReadonlyMap<string, ScopeNodeType>;
  execution: ScopeExecution | null;
  /** Schemas of single nodes whose parameters say more than their type. */
  outputSchemas?: ReadonlyMap<string, JsonSchema>;
}): Scope {
  const { graph, nodeId, nodeTypes, execution, outputSchemas } = input;
  const upstream = upstreamOf(nodeId, graph.edges);
  const nodes = upstream.flatMap((id) => graph.nodes.find((node) => node.id === id) ?? []);
  const loop = loopOf(graph, nodeId);
  // The steps of a loop's body are read for the same item, so from inside only; the loop itself has no result there.
  const actions = nodes.filter((node) => nodeTypes.get(node.type)?.kind !== "trigger" && node.id !== loop && [undefined, loop].includes(loopOf(graph, node.id)));
  const trigger = graph.nodes.find((node) => nodeTypes.get(node.type)?.kind === "trigger");
  const outputs = new Map((execution?.steps ?? []).map((step) => [step.node_id, step.output]));
  const steps = actions.flatMap((node) => {
    const output = node.pinned ? (node.pinned.output as Json) : outputs.get(node.id);
    return output === undefined || output === null ? [] : [[node.id, output] as const];
  });
  const triggerData = pinnedTrigger(trigger) ?? (isObject(execution?.trigger) ? execution.trigger : sampleTrigger(trigger));
  const data: JsonObject = { trigger: triggerData, steps: Object.fromEntries(steps), vars: graph.settings.variables as JsonObject };
  return {
    data: {
      ...(loop === undefined ? NOTHING : firstItem(graph.nodes.find((node) => node.id === loop), execution, data)),
      trigger: triggerData,
      steps: Object.fromEntries(steps),
      run: {
        id: execution?.run_id ?? "manual__sample",
        workflow_id: graph.id,
        started_at: execution?.started_at ?? sampleMoment(),
        try_number: 1,
        scheduled_at: null,
        url: new URL(`plugin/flowforge/workflows/${graph.id}/executions/${graph.id}.${execution?.run_id ?? "manual__sample"}`, document.baseURI).href,
      },
      workflow: { id: graph.id, name: graph.name, revision: execution?.revision ?? 1, timezone: graph.settings.timezone },
      vars: graph.settings.variables as JsonObject,
    },
    schema: {
      type: "object",
      properties: {
        ...(loop === undefined ? {} : ITEM_SCHEMA),
        trigger: triggerSchema(trigger && outputSchema(nodeTypes.get(trigger.type))),
        steps: {
          type: "object",
          properties: Object.fromEntries(actions.map((node) => [node.id, outputSchemas?.get(node.id) ?? outputSchema(nodeTypes.get(node.type))])),
        },
        run: RUN_SCHEMA,
        workflow: WORKFLOW_SCHEMA,
        vars: { type: "object" },
      },
    },
  };
}

/** The first item that a loop had in a run, or would have: where its list is written out, or one path to known data. */
function firstItem(loop: ScopeGraph["nodes"][number] | undefined, execution: ScopeExecution | null, data: JsonObject): JsonObject {
  const input = execution?.steps.find((step) => step.node_id === loop?.id)?.input;
  const ran = isObject(input) ? input["items"] : undefined;
  const drawn = loop?.parameters["items"] as Json | undefined;
  const path = typeof drawn === "string" ? /^\{\{\s*([a-z_][\w.]*)\s*\}\}$/i.exec(drawn.trim())?.[1] : undefined;
  const list = [ran, drawn, path && getIn(data, path.split("."))].find((one) => Array.isArray(one));
  const [first] = Array.isArray(list) ? list : [];
  return first === undefined ? {} : { item: first, item_index: 0 };
}

/** What is pinned to a trigger is what started a run, or its payload alone. */
function pinnedTrigger(trigger: ScopeGraph["nodes"][number] | undefined): JsonObject | null {
  if (!trigger?.pinned) return null;
  const output = trigger.pinned.output as Json;
  const whole = isObject(output) && "type" in output && "body" in output;
  return { ...sampleTrigger(trigger), ...(whole ? output : { body: output }) };
}

function outputSchema(type: ScopeNodeType | undefined): JsonSchema {
  return inlineRefs((type?.output_schema ?? {}) as JsonSchema);
}

function triggerSchema(output: JsonSchema | undefined): JsonSchema {
  const common: JsonSchema = {
    type: "object",
    properties: {
      type: STRING,
      id: STRING,
      received_at: STRING,
      scheduled_at: { type: ["string", "null"] },
      delivery_id: { type: ["string", "null"] },
      body: {},
      headers: { type: "object" },
      query: { type: "object" },
      method: { type: ["string", "null"] },
      parent: { type: ["object", "null"] },
    },
  };
  return output?.properties ? { ...common, ...output, properties: { ...common.properties, ...output.properties } } : common;
}

let moment: string | null = null;

/** One moment for all samples of a session: a ticking clock would ask for new previews at every key stroke. */
function sampleMoment(): string {
  moment ??= new Date().toISOString();
  return moment;
}

/** The trigger data of a run that has not happened, from the sample that the trigger node keeps. */
export function sampleTrigger(node: { id: string; type: string; parameters: Record<string, unknown> } | undefined): JsonObject {
  const body = (node?.parameters["sample_payload"] ?? {}) as Json;
  return {
    type: node?.type ?? "manual",
    id: node?.id ?? "",
    received_at: sampleMoment(),
    body,
    headers: {},
    query: {},
    method: node?.type === "webhook" ? "POST" : null,
  };
}

/** What a schema promises, as a value whose leaves are the names of their types. */
export function schemaSkeleton(schema: JsonSchema, depth = 0): Json {
  const type = Array.isArray(schema.type) ? schema.type.find((one) => one !== "null") : schema.type;
  if (schema.properties && depth < 5) {
    return Object.fromEntries(Object.entries(schema.properties).map(([key, member]) => [key, schemaSkeleton(member, depth + 1)]));
  }
  return type ?? "any";
}
