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
    { source: "hook", target: "get" },
    { source: "get", target: "post" },
    { source: "hook", target: "aside" },
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

describe("buildScope", () => {
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
