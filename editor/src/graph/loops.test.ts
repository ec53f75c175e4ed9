import { describe, expect, it } from "vitest";
import { makeGraph, makeNode } from "../testing/factories";
import { bodiesOf, loopOf } from "./loops";

const GRAPH = makeGraph(
  [makeNode("start"), makeNode("each", { type: "for_each" }), makeNode("a"), makeNode("b"), makeNode("after")],
  ["start->each", "each.item->a", "a.error->b", "each.done->after"],
);

describe("bodiesOf", () => {
  it("holds all that the port item leads to", () => {
    expect([...(bodiesOf(GRAPH).get("each") ?? [])].sort()).toEqual(["a", "b"]);
  });

  it("does not hold the loop itself where a circle leads back to it", () => {
    const graph = makeGraph([...GRAPH.nodes], ["each.item->a", "a->each"]);
    expect([...(bodiesOf(graph).get("each") ?? [])]).toEqual(["a"]);
  });

  it("is empty for a loop that leads nowhere", () => {
    expect(bodiesOf(makeGraph([makeNode("each", { type: "for_each" })])).get("each")?.size).toBe(0);
  });
});

describe("loopOf", () => {
  it("names the loop of a step in a body, and none for others", () => {
    expect(["start", "each", "a", "b", "after"].map((id) => loopOf(GRAPH, id))).toEqual([undefined, undefined, "each", "each", undefined]);
  });
});
