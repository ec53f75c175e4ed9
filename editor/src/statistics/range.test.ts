import { describe, expect, it } from "vitest";
import { parseRoute, statisticsPath } from "../island/route";
import { readRange, toLocalField, toQuery, writeRange } from "./range";

describe("the range of days", () => {
  it("stands in the address, and what is none there is the usual one", () => {
    expect(["", "?days=7", "?days=90", "?days=8", "?days=x"].map(readRange)).toEqual([30, 7, 90, 30, 30]);
    expect([writeRange(7), writeRange(30), readRange(writeRange(90))]).toEqual(["?days=7", "", 90]);
    expect(parseRoute(`${statisticsPath("a b")}?days=7`)).toEqual({ page: "statistics", workflowId: "a b", search: "days=7" });
  });

  it("ends today, where the time zone has it", () => {
    const now = new Date("2026-03-01T22:30:00Z");
    expect(toQuery(7, "UTC", now)).toEqual({ from: "2026-02-23", to: "2026-03-01", tz: "UTC" });
    expect(toQuery(7, "Asia/Tokyo", now)).toEqual({ from: "2026-02-24", to: "2026-03-02", tz: "Asia/Tokyo" });
  });

  it("gives moments as a field for local times takes them", () => {
    const iso = "2026-01-05T09:30:00.000Z";
    expect(new Date(toLocalField(iso)).toISOString()).toBe(iso);
    expect(toLocalField(iso)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d$/);
  });
});
