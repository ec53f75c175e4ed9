import { describe, expect, it } from "vitest";
import { NEWEST } from "../store/stepTests";
import { readTyped, testBody, type TestChoice } from "./testBody";

const CHOICE: TestChoice = { source: NEWEST, usePins: true, shownId: null, text: "", item: null };

describe("testBody", () => {
  it("asks for nothing special before the first run, and for the shown run afterwards", () => {
    expect(testBody(CHOICE)).toEqual({});
    expect(testBody({ ...CHOICE, shownId: "orders.manual__1" })).toEqual({ execution_id: "orders.manual__1" });
  });

  it("waits for a run or a delivery to be chosen", () => {
    expect(testBody({ ...CHOICE, source: { kind: "execution", id: null } })).toBeNull();
    expect(testBody({ ...CHOICE, source: { kind: "delivery", id: null } })).toBeNull();
    expect(testBody({ ...CHOICE, source: { kind: "delivery", id: "d1" }, shownId: "orders.manual__1" })).toEqual({ delivery_id: "d1" });
  });

  it("leaves pins out when they are not wanted, and names the item of a loop", () => {
    expect(testBody({ ...CHOICE, source: { kind: "execution", id: "orders.manual__1" }, usePins: false, item: 3 })).toEqual({ execution_id: "orders.manual__1", use_pins: false, item_index: 3 });
    expect(testBody({ ...CHOICE, source: { kind: "example" }, shownId: "orders.manual__1", item: 0 })).toEqual({});
  });

  it("sends typed data, and none that is broken", () => {
    const json = { ...CHOICE, source: { kind: "json" } as const, shownId: "orders.manual__1" };
    expect(testBody({ ...json, text: '{"steps": {"get": {"price": 5}}}' })).toEqual({ data: { steps: { get: { price: 5 } } } });
    expect(testBody(json)).toEqual({});
    expect(testBody({ ...json, text: '{"steps": ' })).toBeNull();
  });
});

describe("readTyped", () => {
  it.each(["[]", "1", '{"step": {}}'])("does not take %s for data", (text) => {
    expect(readTyped(text)).toEqual({ data: null, fault: { kind: "object" } });
  });
});
