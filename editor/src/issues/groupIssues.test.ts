import { expect, it } from "vitest";
import type { Issue } from "../api/types";
import { countIssues, groupIssues } from "./groupIssues";

function issue(code: string, node_id: string | null, severity: "error" | "warning" = "error"): Issue {
  return { code, message: code, severity, node_id, edge_id: null, field: null };
}

it("groups by node in the order of the graph, errors first", () => {
  const groups = groupIssues([issue("w", "b", "warning"), issue("e", "b"), issue("a", "a"), issue("gone", "z"), issue("all", null)], ["a", "b"]);
  expect(groups.map((group) => [group.nodeId, group.issues.map((one) => one.code)])).toEqual([
    [null, ["all"]],
    ["a", ["a"]],
    ["b", ["e", "w"]],
    ["z", ["gone"]],
  ]);
});

it("counts", () => {
  expect(countIssues([issue("a", null), issue("b", null, "warning")])).toEqual({ errors: 1, warnings: 1 });
});
