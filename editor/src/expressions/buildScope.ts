/** The scope of one node: what its expressions can see, from a run, a sample, and output schemas. */
import type { Json, JsonObject, JsonSchema } from "../schema/jsonSchema";
import { isObject } from "../schema/jsonSchema";
import type { Scope } from "./scope";

/** The parts of the graph document that a scope depends on. */
export interface ScopeGraph {
  id: string;
  name: string;
  settings: { variables: JsonObject };
  nodes: readonly { id: string; type: string; parameters: JsonObject }[];
  edges: readonly { source: string; target: string }[];
}

export interface ScopeNodeType {
  kind: "trigger" | "action";
  output_schema: JsonSchema;
}

export interface ScopeExecution {
  run_id: string;
  workflow_id: string;
  revision: number | null;
  started_at: string | null;
  trigger: JsonObject;
  steps: readonly { node_id: string; state: string; tries: number; output?: Json }[];
}

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
  },
};
const WORKFLOW_SCHEMA: JsonSchema = { type: "object", properties: { id: STRING, name: STRING, revision: { type: "integer" } } };

export function buildScope(input: {
  graph: ScopeGraph;
  nodeId: string;
  nodeTypes: ReadonlyMap<string, ScopeNodeType>;
  execution: ScopeExecution | null;
}): Scope {
  const { graph, nodeId, nodeTypes, execution } = input;
  const upstream = upstreamOf(nodeId, graph.edges);
  const nodes = upstream.flatMap((id) => graph.nodes.find((node) => node.id === id) ?? []);
  const actions = nodes.filter((node) => nodeTypes.get(node.type)?.kind !== "trigger");
  const trigger = graph.nodes.find((node) => nodeTypes.get(node.type)?.kind === "trigger");
  const outputs = new Map((execution?.steps ?? []).map((step) => [step.node_id, step.output]));
  const steps = actions.flatMap((node) => {
    const output = outputs.get(node.id);
    return output === undefined || output === null ? [] : [[node.id, output] as const];
  });
  return {
    data: {
      trigger: execution ? execution.trigger : sampleTrigger(trigger),
      steps: Object.fromEntries(steps),
      run: {
        id: execution?.run_id ?? "manual__sample",
        workflow_id: graph.id,
        started_at: execution?.started_at ?? new Date().toISOString(),
        try_number: 1,
        scheduled_at: null,
      },
      workflow: { id: graph.id, name: graph.name, revision: execution?.revision ?? 1 },
      vars: graph.settings.variables,
    },
    schema: {
      type: "object",
      properties: {
        trigger: triggerSchema(trigger && nodeTypes.get(trigger.type)?.output_schema),
        steps: {
          type: "object",
          properties: Object.fromEntries(actions.map((node) => [node.id, outputSchema(nodeTypes.get(node.type))])),
        },
        run: RUN_SCHEMA,
        workflow: WORKFLOW_SCHEMA,
        vars: { type: "object" },
      },
    },
  };
}

function outputSchema(type: ScopeNodeType | undefined): JsonSchema {
  return isObject(type?.output_schema) ? type.output_schema : {};
}

function triggerSchema(output: JsonSchema | undefined): JsonSchema {
  const common: JsonSchema = {
    type: "object",
    properties: {
      type: STRING,
      id: STRING,
      received_at: STRING,
      body: {},
      headers: { type: "object" },
      query: { type: "object" },
      method: { type: ["string", "null"] },
    },
  };
  return output?.properties ? { ...common, ...output, properties: { ...common.properties, ...output.properties } } : common;
}

/** The trigger data of a run that has not happened, from the sample that the trigger node keeps. */
export function sampleTrigger(node: { id: string; type: string; parameters: JsonObject } | undefined): JsonObject {
  const body = node?.parameters["sample_payload"] ?? {};
  return {
    type: node?.type ?? "manual",
    id: node?.id ?? "",
    received_at: new Date().toISOString(),
    body,
    headers: {},
    query: {},
    method: node?.type === "webhook" ? "POST" : null,
  };
}
