import { describe, expect, it } from "vitest";
import { buildScope, schemaSkeleton, upstreamOf, type ScopeExecution, type ScopeGraph, type ScopeNodeType } from "./buildScope";
import { membersAt, pruneData, stepsWithoutData } from "./scope";

const GRAPH: ScopeGraph = {
  id: "orders",
  name: "Orders",
  settings: { variables: { currency: "EUR" }, timezone: "UTC" },
  nodes: [
    { id: "hook", type: "webhook", parameters: { sample_payload: { id: 7 } } },
    { id: "get", type: "http", parameters: {} },
    { id: "post", type: "http", parameters: {} },
    { id: "aside", type: "http", parameters: {} },
  ],
  edges: [
    { source: "hook", source_port: "success", target: "get" },
    { source: "get", source_port: "success", target: "post" },
    { source: "hook", source_port: "success", target: "aside" },
  ],
};
const TYPES = new Map<string, ScopeNodeType>([
  ["webhook", { kind: "trigger", output_schema: {} }],
  ["http", { kind: "action", output_schema: { type: "object", properties: { status: { type: "integer" }, body: {} } } }],
]);
const RUN: ScopeExecution = {
  run_id: "webhook__1",
  workflow_id: "orders",
  revision: 4,
  started_at: "2026-01-01T00:00:00Z",
  trigger: { type: "webhook", body: { id: 9 } },
  steps: [
    { node_id: "get", state: "success", tries: 1, output: { status: 200, body: { price: 5 } } },
    { node_id: "aside", state: "success", tries: 1, output: { status: 201 } },
  ],
};

describe("upstreamOf", () => {
  it("lists nearest first, and ends in a cycle", () => {
    expect(upstreamOf("post", GRAPH.edges)).toEqual(["get", "hook"]);
    expect(upstreamOf("a", [{ source: "b", target: "a" }, { source: "a", target: "b" }])).toEqual(["b"]);
  });
});

const ROWS = {
  type: "object",
  properties: { rows: { type: "array", description: "What was found.", items: { $ref: "#/$defs/Row" } }, total: { anyOf: [{ type: "integer" }, { type: "null" }] } },
  $defs: { Row: { type: "object", properties: { id: { type: "string", description: "Its key." }, owner: { type: "object", properties: { name: { type: "string" } } }, next: { $ref: "#/$defs/Row" } } } },
};

describe("buildScope", () => {
  it("knows lists, nested fields and definitions of outputs that no run has shown", () => {
    const types = new Map<string, ScopeNodeType>([...TYPES, ["http", { kind: "action", output_schema: ROWS }]]);
    const scope = buildScope({ graph: GRAPH, nodeId: "post", nodeTypes: types, execution: null });
    const at = (...path: (string | number)[]) => membersAt(scope, ["steps", "get", ...path]).map((member) => [member.key, member.type]);
    expect(at()).toEqual([["rows", "array"], ["total", "integer"]]);
    expect(at("rows")).toEqual([[0, "object"]]);
    expect(at("rows", 0)).toEqual([["id", "string"], ["owner", "object"], ["next", "any"]]);
    expect(at("rows", 3, "owner")).toEqual([["name", "string"]]);
    expect(membersAt(scope, ["steps", "get", "rows", 0])[0]?.description).toBe("Its key.");
  });

  it("takes the schema of the node itself where there is one, for a list and for one value", () => {
    const one = { type: "object", properties: { total: { type: "integer" } } };
    const outputSchemas = new Map([["get", { anyOf: [one, { type: "array", items: one }] }]]);
    const scope = buildScope({ graph: GRAPH, nodeId: "post", nodeTypes: TYPES, execution: null, outputSchemas });
    expect(membersAt(scope, ["steps", "get"]).map((member) => member.key)).toEqual(["total", 0]);
    expect(membersAt(scope, ["steps", "get", 0]).map((member) => [member.key, member.type])).toEqual([["total", "integer"]]);
  });

  it("adds what the schema knows to what a run has shown, in lists too", () => {
    const types = new Map<string, ScopeNodeType>([...TYPES, ["http", { kind: "action", output_schema: ROWS }]]);
    const run = { ...RUN, steps: [{ node_id: "get", state: "success", tries: 1, output: { rows: [{ id: "a" }] } }] };
    const scope = buildScope({ graph: GRAPH, nodeId: "post", nodeTypes: types, execution: run });
    expect(membersAt(scope, ["steps", "get", "rows"]).map((member) => member.key)).toEqual([0]);
    expect(membersAt(scope, ["steps", "get", "rows", 0]).map((member) => [member.key, member.value])).toEqual([["id", "a"], ["owner", undefined], ["next", undefined]]);
  });

  it("takes the run's data of the steps before the node, and no others", () => {
    const { data } = buildScope({ graph: GRAPH, nodeId: "post", nodeTypes: TYPES, execution: RUN });
    expect(data["steps"]).toEqual({ get: { status: 200, body: { price: 5 } } });
    expect(data["trigger"]).toEqual({ type: "webhook", body: { id: 9 } });
    expect(data["run"]).toMatchObject({ id: "webhook__1" });
    expect(data["vars"]).toEqual({ currency: "EUR" });
  });

  it("takes the trigger's sample before the first run", () => {
    const scope = buildScope({ graph: GRAPH, nodeId: "post", nodeTypes: TYPES, execution: null });
    expect(scope.data["trigger"]).toMatchObject({ type: "webhook", body: { id: 7 } });
    expect(scope.data["steps"]).toEqual({});
    expect(membersAt(scope, ["steps", "get"]).map((member) => [member.key, member.type])).toEqual([["status", "integer"], ["body", "any"]]);
    expect(stepsWithoutData(scope, "{{ steps.get.body }}")).toEqual(["get"]);
    expect(stepsWithoutData(scope, '{{ steps["get"].body }}')).toEqual(["get"]);
    expect(stepsWithoutData(scope, "{{ trigger.body }}")).toEqual([]);
  });
});

describe("buildScope inside a loop", () => {
  const edge = (source: string, target: string, source_port = "success") => ({ source, source_port, target });
  const graph: ScopeGraph = {
    ...GRAPH,
    nodes: [
      { id: "hook", type: "webhook", parameters: { sample_payload: { orders: [{ id: 7 }] } } },
      { id: "each", type: "for_each", parameters: { items: "{{ trigger.body.orders }}" } },
      { id: "get", type: "http", parameters: {} },
      { id: "post", type: "http", parameters: {} },
      { id: "after", type: "http", parameters: {} },
    ],
    edges: [edge("hook", "each"), edge("each", "get", "item"), edge("get", "post"), edge("each", "after", "done")],
  };
  const scopeOf = (nodeId: string, patch: Partial<ScopeExecution> | null = null) =>
    buildScope({ graph, nodeId, nodeTypes: TYPES, execution: patch && { ...RUN, steps: [], ...patch } });

  it("knows the item and its place, and not the loop's own result", () => {
    const scope = scopeOf("post");
    expect(scope.data).toMatchObject({ item: { id: 7 }, item_index: 0 });
    expect(Object.keys(scope.schema.properties?.["steps"]?.properties ?? {})).toEqual(["get"]);
    expect(membersAt(scope, []).map((member) => member.key)).toContain("item_index");
  });

  it("takes the first item of the run where there is one", () => {
    const steps = [{ node_id: "each", state: "running", tries: 1, input: { items: [{ id: 9 }] } }];
    expect(scopeOf("post", { steps }).data["item"]).toEqual({ id: 9 });
  });

  it("knows no item outside, and no step of the body", () => {
    const scope = scopeOf("after");
    expect(scope.data).not.toHaveProperty("item");
    expect(Object.keys(scope.schema.properties?.["steps"]?.properties ?? {})).toEqual(["each"]);
  });

  it("knows that there is an item where none can be shown", () => {
    const scope = buildScope({ graph: { ...graph, nodes: graph.nodes.map((node) => ({ ...node, parameters: {} })) }, nodeId: "get", nodeTypes: TYPES, execution: null });
    expect(scope.data).not.toHaveProperty("item");
    expect(membersAt(scope, []).map((member) => member.key)).toContain("item");
  });
});

describe("pinned data", () => {
  const pin = (id: string, output: unknown): ScopeGraph => ({ ...GRAPH, nodes: GRAPH.nodes.map((node) => (node.id === id ? { ...node, pinned: { output } } : node)) });

  it("goes before that of a run", () => {
    const scope = buildScope({ graph: pin("get", { status: 404 }), nodeId: "post", nodeTypes: TYPES, execution: RUN });
    expect(scope.data["steps"]).toEqual({ get: { status: 404 } });
  });

  it("is what started the run, or the payload alone", () => {
    const trigger = (output: unknown): unknown => buildScope({ graph: pin("hook", output), nodeId: "post", nodeTypes: TYPES, execution: RUN }).data["trigger"];
    expect(trigger({ id: 3 })).toMatchObject({ type: "webhook", body: { id: 3 } });
    expect(trigger({ type: "webhook", body: 4, headers: { a: "b" } })).toMatchObject({ body: 4, headers: { a: "b" } });
  });
});

describe("pruneData", () => {
  const data = { trigger: { a: 1 }, vars: {}, steps: { one: 1, two: 2 } };

  it("sends only what the template names", () => {
    expect(pruneData(data, "{{ steps.one + 1 }}")).toEqual({ steps: { one: 1 } });
    expect(pruneData(data, { a: '{{ steps["two"] }}' })).toEqual({ steps: { two: 2 } });
    expect(pruneData(data, "{{ trigger.a }}")).toEqual({ trigger: { a: 1 } });
  });

  it("sends all steps when the key is computed", () => {
    expect(pruneData(data, "{{ steps[vars.name] }}")).toEqual({ vars: {}, steps: { one: 1, two: 2 } });
    expect(pruneData(data, "{{ steps | length }}")).toEqual({ steps: { one: 1, two: 2 } });
  });
});

describe("schemaSkeleton", () => {
  it("shows types in place of values", () => {
    expect(schemaSkeleton({ type: "object", properties: { id: { type: ["integer", "null"] }, inner: { properties: { x: {} } } } })).toEqual({ id: "integer", inner: { x: "any" } });
    expect(schemaSkeleton({})).toBe("any");
  });
});
