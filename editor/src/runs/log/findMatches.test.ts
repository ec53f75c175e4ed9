import { describe, expect, it } from "vitest";
import type { LogLine } from "../types";
import { findMatches, patternOf, splitByMatches } from "./findMatches";

const LINES: LogLine[] = ["GET /orders (1)", "nothing", "Orders: ORDERS"].map((message) => ({ timestamp: null, level: "info", message }));

describe("findMatches", () => {
  it("finds each place in upper and lower case, in the order of the lines", () => {
    expect(findMatches(LINES, patternOf(" orders "))).toEqual([
      { line: 0, nth: 0 },
      { line: 2, nth: 0 },
      { line: 2, nth: 1 },
    ]);
  });

  it("takes what is typed as text, and looks for nothing where nothing is typed", () => {
    expect(findMatches(LINES, patternOf("(1)"))).toEqual([{ line: 0, nth: 0 }]);
    expect(findMatches(LINES, patternOf(".*"))).toEqual([]);
    expect(patternOf("  ")).toBeNull();
  });

  it("cuts a text so that every second piece is a match", () => {
    expect(splitByMatches("Заказ и заказ", patternOf("ЗАКАЗ"))).toEqual(["", "Заказ", " и ", "заказ", ""]);
    expect(splitByMatches("as it is", null)).toEqual(["as it is"]);
  });
});
