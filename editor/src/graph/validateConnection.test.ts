import { describe, expect, it } from "vitest";
import { makeEdge, makeGraph, makeNode } from "../testing/factories";
import { validateConnection } from "./validateConnection";

const GRAPH = makeGraph([makeNode("start", { type: "manual" }), makeNode("a"), makeNode("b"), makeNode("c"), makeNode("note")], ["start->a", "a->b"]);
const RULES = {
  isTrigger: (id: string) => id === "start",
  isNote: (id: string) => id === "note",
  portsOf: (id: string) => (id === "c" ? null : id === "start" ? ["success"] : ["success", "error"]),
};
const refusal = (edge: string) => validateConnection(GRAPH, makeEdge(edge), RULES);

describe("validateConnection", () => {
  it.each(["b->c", "a->c", "a.error->b", "start->c"])("allows %s", (edge) => {
    expect(refusal(edge)).toBeNull();
  });

  it.each([
    ["a->a", "self"],
    ["a->start", "into-trigger"],
    ["a->note", "into-note"],
    ["a->b", "duplicate"],
    ["b->a", "cycle"],
    ["start.error->c", "no-such-port"],
    ["a->gone", "no-such-node"],
    ["gone->a", "no-such-node"],
  ])("refuses %s: %s", (edge, why) => {
    expect(refusal(edge)).toBe(why);
  });

  it("leaves the ports of an unknown node type to the server", () => {
    expect(refusal("c.anything->a")).toBeNull();
  });
});
