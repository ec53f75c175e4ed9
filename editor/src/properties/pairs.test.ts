import { describe, expect, it } from "vitest";
import { cronParts } from "./cronParts";
import { convertInline, inlineKind } from "./inlineValue";
import { issuesAt, issuesElsewhere, issuesUnder, type FormIssue } from "./issueIndex";
import { doubleNames, fromRows, toRows } from "./pairs";

describe("pairs", () => {
  it("turns objects into rows and back", () => {
    const rows = toRows({ a: 1, b: "x" });
    expect(fromRows(rows)).toEqual({ a: 1, b: "x" });
    expect(fromRows([...rows, { name: "", value: 5 }, { name: "a", value: 2 }])).toEqual({ a: 2, b: "x" });
    expect(doubleNames([...rows, { name: "a", value: 2 }, { name: "", value: 0 }, { name: "", value: 0 }])).toEqual(new Set([2]));
  });
});

describe("inline values", () => {
  it("names kinds and keeps what another kind can hold", () => {
    expect(["x", 1, true, {}, null].map((value) => inlineKind(value))).toEqual(["text", "number", "boolean", "json", "text"]);
    expect(convertInline("12", "number")).toBe(12);
    expect(convertInline("abc", "number")).toBe(0);
    expect(convertInline(12, "text")).toBe("12");
    expect(convertInline("true", "boolean")).toBe(true);
    expect(convertInline('{"a": 1}', "json")).toEqual({ a: 1 });
    expect(convertInline("{{ x }}", "json")).toEqual({ value: "{{ x }}" });
    expect(convertInline("", "json")).toEqual({});
  });
});

describe("issues by field", () => {
  const issue = (field: string | null): FormIssue => ({ code: "c", message: "m", severity: "error", field });
  const issues = [issue("parameters.url"), issue("parameters.headers.0.name"), issue("parameters.headers"), issue("retry.delay_s"), issue(null)];

  it("finds them at and under a path", () => {
    expect(issuesUnder(issues, ["parameters", "headers"])).toHaveLength(2);
    expect(issuesUnder(issues, ["parameters", "head"])).toHaveLength(0);
    expect(issuesAt(issues, ["parameters", "headers"], [["parameters", "headers", 0]]).map((one) => one.field)).toEqual(["parameters.headers"]);
    expect(issuesElsewhere(issues, [["parameters", "url"], ["parameters", "headers"]]).map((one) => one.field)).toEqual(["retry.delay_s", null]);
  });
});

describe("cronParts", () => {
  it("names five fields and nothing else", () => {
    expect(cronParts(" 0  9 * * 1-5 ")?.map((part) => part.text)).toEqual(["0", "9", "*", "*", "1-5"]);
    expect(cronParts("@daily")).toBeNull();
    expect(cronParts("0 9")).toBeNull();
  });
});
