import { describe, expect, it } from "vitest";
import { makeGraph, makeNode } from "../testing/factories";
import { jsonBytes, MAX_PIN_BYTES, pinNode, pinRefusal } from "./pins";

const PIN = { output: { price: 5 }, execution_id: null };

describe("pinNode", () => {
  it("pins, and leaves no trace when the pin is taken away", () => {
    const graph = makeGraph([makeNode("a"), makeNode("b")]);
    const pinned = pinNode(graph, "a", PIN);
    expect(pinned.nodes[0]?.pinned).toEqual(PIN);
    expect(pinned.nodes[1]).toBe(graph.nodes[1]);
    expect(Object.keys(pinNode(pinned, "a", null).nodes[0] ?? {})).not.toContain("pinned");
  });
});

describe("jsonBytes", () => {
  // What Python's json.dumps(value, ensure_ascii=False) writes, in UTF-8.
  it.each([
    [{ a: 1, b: [1, 2, 3] }, '{"a": 1, "b": [1, 2, 3]}'],
    [{}, "{}"],
    [[], "[]"],
    [null, "null"],
    ["да", '"да"'],
    [[{ x: null }, [true]], '[{"x": null}, [true]]'],
  ])("counts %j as the server does", (value, text) => {
    expect(jsonBytes(value)).toBe(new TextEncoder().encode(text).length);
  });
});

describe("pinRefusal", () => {
  const full = "x".repeat(MAX_PIN_BYTES - 2);

  it("takes what is just small enough, and no more", () => {
    const graph = makeGraph([makeNode("a")]);
    expect(pinRefusal(graph, "a", full)).toBeNull();
    expect(pinRefusal(graph, "a", `${full}x`)).toBe("tooLarge");
  });

  it("counts what is pinned to the other nodes, and not what it replaces", () => {
    const nodes = Array.from({ length: 8 }, (_, index) => makeNode(`n${index}`, { pinned: { output: full, execution_id: null } }));
    const graph = makeGraph([...nodes, makeNode("more")]);
    expect(pinRefusal(graph, "n0", full)).toBeNull();
    expect(pinRefusal(graph, "more", 1)).toBe("tooMany");
  });
});
