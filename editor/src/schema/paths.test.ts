import { describe, expect, it } from "vitest";
import { expressionPath, fieldPath, getIn, setIn } from "./paths";

describe("getIn", () => {
  it("walks objects and lists", () => {
    expect(getIn({ a: [{ b: 1 }] }, ["a", 0, "b"])).toBe(1);
    expect(getIn({ a: 1 }, ["a", "b"])).toBeUndefined();
    expect(getIn({}, ["constructor"])).toBeUndefined();
  });
});

describe("setIn", () => {
  it("copies what it changes and nothing else", () => {
    const before = { a: { b: 1 }, c: { d: 2 } };
    const after = setIn(before, ["a", "b"], 5) as typeof before;
    expect(after).toEqual({ a: { b: 5 }, c: { d: 2 } });
    expect(after.c).toBe(before.c);
    expect(before.a.b).toBe(1);
  });

  it("makes missing parts", () => {
    expect(setIn({}, ["rows", 0, "name"], "x")).toEqual({ rows: [{ name: "x" }] });
  });

  it("removes keys and rows", () => {
    expect(setIn({ a: 1, b: 2 }, ["a"], undefined)).toEqual({ b: 2 });
    expect(setIn(["a", "b"], [0], undefined)).toEqual(["b"]);
  });
});

describe("paths as text", () => {
  it("writes expressions", () => {
    expect(expressionPath(["steps", "get", "body", "unit price", 0, "x-y"])).toBe('steps.get.body["unit price"][0]["x-y"]');
  });

  it("writes fields as issues name them", () => {
    expect(fieldPath(["parameters", "headers", 0, "name"])).toBe("parameters.headers.0.name");
  });
});
