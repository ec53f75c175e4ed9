import { describe, expect, it } from "vitest";
import { EMPTY_SCOPE, type Scope } from "../../expressions/scope";
import type { JsonObject } from "../../schema/jsonSchema";
import { makeGraph, makeNode } from "../../testing/factories";
import { inputOf, issueOf, sampleBefore, scopeOf, type TrialAnswer } from "./trial";

const answer: TrialAnswer = {
  ok: false,
  input: { count: 2, cut: false, value: [{ a: 1 }, { a: 2 }] },
  steps: [{ count: 1, cut: false, value: [{ a: 2 }] }],
  error: { code: "transform-failed", message: "It is no number.", operation: 1, field: "field", item: 3 },
  notes: [],
};

function scope(data: JsonObject): Scope {
  return { ...EMPTY_SCOPE, data };
}

describe("inputOf", () => {
  const shape = makeNode("shape", { type: "transform" });
  const nodes = [makeNode("start", { type: "manual" }), makeNode("load"), shape];
  const data = scope({ trigger: { body: { id: 7 } }, steps: { load: [1] } });
  const isTrigger = (type: string) => type === "manual";
  const of = (...edges: string[]) => inputOf(makeGraph(nodes, edges), shape, data, isTrigger);

  it("is the body of the trigger, or the output of the step before", () => {
    expect(of("start.success->shape")).toEqual({ id: 7 });
    expect(of("load.success->shape")).toEqual([1]);
  });

  it("is not known without one step before, and two edges from one step are one", () => {
    expect(of()).toBeUndefined();
    expect(of("start.success->shape", "load.success->shape")).toBeUndefined();
    expect(of("load.success->shape", "load.error->shape")).toEqual([1]);
  });
});

describe("issueOf", () => {
  it("names the field of the operation, and the item", () => {
    expect(issueOf(answer, "shape")).toMatchObject({ field: "parameters.operations.1.field", message: "It is no number. [3]", node_id: "shape" });
  });

  it("says nothing without a fault", () => {
    expect(issueOf({ ...answer, error: null }, "shape")).toBeNull();
    expect(issueOf(undefined, "shape")).toBeNull();
  });
});

describe("scopeOf", () => {
  it("shows a row of what the operation before hands on", () => {
    expect(scopeOf(scope({ vars: {} }), sampleBefore(answer, 1)).data).toEqual({ vars: {}, row: { a: 2 }, row_index: 0, value: [{ a: 2 }] });
    expect(scopeOf(scope({}), sampleBefore(answer, 0)).data["row"]).toEqual({ a: 1 });
  });

  it("knows the names, but no values, where no operation has come", () => {
    const found = scopeOf(scope({}), sampleBefore(answer, 2));
    expect(found.data).toEqual({});
    expect(Object.keys(found.schema.properties ?? {})).toEqual(["row", "row_index", "value"]);
  });

  it("does not take the beginning of a large value for the value", () => {
    expect(scopeOf(scope({}), { count: null, cut: true, value: '{"a": ' }).data).toEqual({});
  });
});
