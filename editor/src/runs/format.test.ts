import { describe, expect, it } from "vitest";
import { formatDuration, formatMoment, secondsBetween, spentSeconds } from "./format";

describe("formatDuration", () => {
  it.each([
    [0.0351, "35 ms"],
    [1.25, "1.3 s"],
    [59.6, "1 min"],
    [65, "1 min 5 s"],
    [3600, "1 h"],
    [90_061, "1 d 1 h"],
    [null, "–"],
    [-3, "0 ms"],
  ])("%s s is %s", (seconds, text) => {
    expect(formatDuration(seconds, "en")).toBe(text);
  });

  it("speaks Russian", () => {
    expect(formatDuration(2.5, "ru")).toBe("2,5 с");
  });
});

describe("formatMoment", () => {
  const now = new Date(2026, 10, 23, 12, 0, 0);

  it("leaves today's date out", () => {
    expect(formatMoment(new Date(2026, 10, 23, 9, 5, 7).toISOString(), "en-GB", now)).toBe("09:05:07");
    expect(formatMoment(new Date(2026, 10, 22, 9, 5, 7).toISOString(), "en-GB", now)).toBe("22 Nov, 09:05:07");
    expect(formatMoment(null, "en", now)).toBe("–");
  });
});

describe("secondsBetween", () => {
  it("counts to now while there is no end", () => {
    expect(secondsBetween("2026-01-01T00:00:00Z", null, Date.parse("2026-01-01T00:00:05Z"))).toBe(5);
    expect(secondsBetween(null, null, 0)).toBeNull();
  });
});

describe("spentSeconds", () => {
  const step = { state: "success" as const, duration_s: 2, started_at: "2026-01-01T00:00:00Z", ended_at: null };
  const now = Date.parse("2026-01-01T00:00:07Z");

  it("is what the server says, and grows while a step runs", () => {
    expect(spentSeconds(step, now)).toBe(2);
    expect(spentSeconds({ ...step, state: "running", duration_s: null }, now)).toBe(7);
  });

  it("is nothing for a step that did not run, or a trigger", () => {
    expect(spentSeconds({ ...step, state: "upstream_failed", duration_s: 0 }, now)).toBeNull();
    expect(spentSeconds({ ...step, state: "skipped" }, now)).toBeNull();
    expect(spentSeconds({ ...step, duration_s: 0 }, now)).toBeNull();
  });
});
