import { describe, expect, it } from "vitest";
import { isFiltered, NO_FILTER, readFilter, toQuery, writeFilter } from "./executionFilter";

describe("the filter of executions", () => {
  it("is the same after a way through the address", () => {
    const filter = { ...NO_FILTER, workflow: "orders", state: "failed", search: "a&b=c", handled: "no", from: "2026-01-05T09:00" };
    expect(readFilter(writeFilter(filter))).toEqual(filter);
    expect(writeFilter(NO_FILTER)).toBe("");
    expect(isFiltered(readFilter(""))).toBe(false);
  });

  it("asks the server for nothing that it would refuse", () => {
    expect(toQuery(readFilter("?state=broken&trigger=magic&from=never&handled=maybe&search=%20"))).toEqual({});
    expect(toQuery({ ...NO_FILTER, state: "failed", trigger: "cron", handled: "no" })).toEqual({ state: ["failed"], trigger: ["cron"], handled: false });
    expect(toQuery({ ...NO_FILTER, from: "2026-01-05T09:00" }).from).toBe(new Date("2026-01-05T09:00").toISOString());
  });
});
