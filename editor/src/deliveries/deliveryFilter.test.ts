import { expect, it } from "vitest";
import { isFiltered, NO_FILTER, readFilter, toQuery, writeFilter } from "./deliveryFilter";

it("survives the address", () => {
  const filter = { ...NO_FILTER, workflow: "orders", state: "failed", search: "a&b=c", delivery: "01a2" };
  expect(readFilter(writeFilter(filter))).toEqual(filter);
  expect(writeFilter(NO_FILTER)).toBe("");
});

it("asks the server for what is chosen and leaves out what it would refuse", () => {
  const query = toQuery({ ...NO_FILTER, state: "no-such-state", search: "  x ", from: "never", to: "2026-01-05T12:00" }, 50, "c");
  expect(query).toEqual({ limit: 50, search: "x", to: new Date("2026-01-05T12:00").toISOString(), cursor: "c" });
  expect(toQuery({ ...NO_FILTER, state: "held" }, 5, null)).toEqual({ limit: 5, state: ["held"] });
});

it("does not count the open delivery as a filter", () => {
  expect(isFiltered({ ...NO_FILTER, delivery: "x" })).toBe(false);
  expect(isFiltered({ ...NO_FILTER, kind: "email" })).toBe(true);
});
