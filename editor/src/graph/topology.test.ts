import { describe, expect, it } from "vitest";
import { onlyEnd, wouldCycle } from "./topology";
import type { Graph, GraphEdge, GraphNode } from "./types";

function graph(ids: string, ...edges: string[]): Graph {
  return {
    nodes: [...ids].map((id) => ({ id }) as GraphNode),
    edges: edges.map((pair): GraphEdge => ({ source: pair.charAt(0), source_port: "success", target: pair.charAt(1) })),
  } as unknown as Graph;
}

describe("onlyEnd", () => {
  it("is the last node of a chain", () => {
    expect(onlyEnd(graph("abc", "ab", "bc"))).toBe("c");
  });

  it("is nothing where several nodes lead nowhere, or none exists", () => {
    expect(onlyEnd(graph("abc", "ab", "ac"))).toBeUndefined();
    expect(onlyEnd(graph(""))).toBeUndefined();
  });
});

describe("wouldCycle", () => {
  it("sees long ways back, and no others", () => {
    const chain = graph("abcd", "ab", "bc");
    expect(wouldCycle(chain, "c", "a")).toBe(true);
    expect(wouldCycle(chain, "a", "a")).toBe(true);
    expect(wouldCycle(chain, "a", "c")).toBe(false);
    expect(wouldCycle(chain, "d", "a")).toBe(false);
  });
});
