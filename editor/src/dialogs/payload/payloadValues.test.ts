import { describe, expect, it } from "vitest";
import { beginForm, fileValue, readForm, typedOf, type PayloadInput } from "./payloadValues";

function input(name: string, type: PayloadInput["type"], more: Partial<PayloadInput> = {}): PayloadInput {
  return { name, label: name, type, required: false, may_be_empty: false, help: "", choices: [], default: null, minimum: null, maximum: null, max_length: null, ...more };
}

const choices = [
  { value: "a", label: "A" },
  { value: 2, label: "Two" },
];

describe("the payload of a form", () => {
  it("keeps the kind of each value", () => {
    const inputs = [
      input("text", "text"),
      input("number", "number"),
      input("count", "integer"),
      input("agreed", "boolean", { required: true }),
      input("one", "select", { choices }),
      input("many", "multi_select", { choices }),
      input("data", "json"),
      input("day", "date"),
    ];
    const typed = { text: " x ", number: "2,5", count: "7", agreed: false, one: "1", many: ["a", 2], data: '{"a": [1]}', day: "2026-03-01" };
    expect(readForm(inputs, typed)).toEqual({
      payload: { text: " x ", number: 2.5, count: 7, agreed: false, one: 2, many: ["a", 2], data: { a: [1] }, day: "2026-03-01" },
      faults: {},
    });
  });

  it("leaves out what was not filled in, and says what is missing or cannot be read", () => {
    const inputs = [
      input("a", "text"),
      input("b", "text", { required: true }),
      input("c", "text", { required: true, may_be_empty: true }),
      input("d", "number"),
      input("e", "json"),
      input("f", "boolean"),
      input("g", "files"),
    ];
    expect(readForm(inputs, { a: "", b: " ", c: "", d: "six", e: "{", f: false, g: [] })).toEqual({
      payload: { c: "" },
      faults: { b: "missing", d: "number", e: "json" },
    });
  });

  it("begins with the sample, else with the defaults", () => {
    const inputs = [input("a", "text", { default: "x" }), input("b", "integer", { default: 2 }), input("c", "select", { choices })];
    expect(beginForm(inputs, { a: "y", c: 2 })).toEqual({ a: "y", b: "2", c: "1" });
    expect(beginForm(inputs, null)).toEqual({ a: "x", b: "2", c: "" });
  });

  it("shows a moment in the browser's time zone and reads the same moment", () => {
    const field = input("at", "datetime");
    const typed = typedOf(field, "2026-03-01T10:00:00+03:00");
    expect(readForm([field], { at: typed }).payload["at"]).toBe("2026-03-01T07:00:00.000Z");
  });

  it("takes a file with its content", async () => {
    const file = new File([new Uint8Array([1, 2, 255])], "a.bin");
    expect(await fileValue(file)).toEqual({ filename: "a.bin", content_type: "application/octet-stream", size: 3, base64: "AQL/" });
  });
});
