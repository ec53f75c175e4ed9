import { describe, expect, it } from "vitest";
import { givenInput } from "./givenInput";

describe("givenInput", () => {
  it("leaves out what is empty or as it is by default", () => {
    const input = { method: "POST", url: "/pay", query: [], text: "", proxy: null, timeout_s: 30, verify: true, body: { amount: 12 } };
    expect(givenInput(input, { method: "GET", timeout_s: 30, verify: true, body: {} })).toEqual({ method: "POST", url: "/pay", body: { amount: 12 } });
  });

  it("keeps numbers and switches that somebody has set, also to nothing", () => {
    expect(givenInput({ retries: 0, verify: false }, { retries: 3, verify: true })).toEqual({ retries: 0, verify: false });
  });

  it.each([null, undefined, "text", [1], {}, { text: "" }])("has nothing to tell of %j", (input) => {
    expect(givenInput(input, {})).toBeNull();
  });
});
