import { describe, expect, it } from "vitest";
import type { JsonSchema } from "../schema/jsonSchema";
import { complain, emptyValue, isVisible, readNumber } from "./fieldState";
import { parseSchema } from "./parseSchema";

function fields(properties: Record<string, JsonSchema>, required: string[] = []) {
  return parseSchema({ type: "object", properties, required });
}

describe("isVisible", () => {
  const [mode, program] = fields({
    mode: { enum: ["fields", "jq"], default: "fields" },
    program: { type: "string", "x-visible-when": { mode: "jq" } },
  });

  it("compares with the value or the default of the sibling", () => {
    if (!mode || !program) throw new Error();
    expect(isVisible(program, [mode], {})).toBe(false);
    expect(isVisible(program, [mode], { mode: "jq" })).toBe(true);
    expect(isVisible(program, [mode], { mode: "{{ vars.mode }}" })).toBe(true);
    expect(isVisible({ ...program, visibleWhen: { mode: ["fields", "x"] } }, [mode], {})).toBe(true);
  });
});

describe("complain", () => {
  it("asks for what is required", () => {
    const [url] = fields({ url: { type: "string", minLength: 1 } }, ["url"]);
    if (!url) throw new Error();
    expect(complain(url, undefined)?.key).toBe("complaint.required");
    expect(complain(url, "")?.key).toBe("complaint.required");
    expect(complain(url, "x")).toBeNull();
  });

  it("checks numbers and their bounds", () => {
    const [count] = fields({ count: { type: "integer", minimum: 0, maximum: 5, "x-expression": true } });
    if (!count) throw new Error();
    expect(complain(count, "abc")?.key).toBe("complaint.integer");
    expect(complain(count, 1.5)?.key).toBe("complaint.integer");
    expect(complain(count, 6)).toEqual({ key: "complaint.maximum", values: { bound: 5 } });
    expect(complain(count, "{{ 1 }}")).toBeNull();
    expect(complain(count, undefined)).toBeNull();
  });

  it("leaves patterns that only Python knows to the server", () => {
    const [name] = fields({ name: { type: "string", pattern: "(?P<x>a)" } });
    if (!name) throw new Error();
    expect(complain(name, "b")).toBeNull();
  });
});

describe("readNumber", () => {
  it("reads numbers as people write them and keeps the rest as text", () => {
    expect([readNumber(" 12 ", false), readNumber("1 000", false), readNumber("1,5", false), readNumber("-.5", false)]).toEqual([12, 1000, 1.5, -0.5]);
    expect([readNumber("12a", false), readNumber("0x10", false), readNumber("1e999", false)]).toEqual(["12a", "0x10", "1e999"]);
    expect([readNumber("", false), readNumber("", true)]).toEqual([undefined, null]);
  });
});

describe("emptyValue", () => {
  it("makes a row out of the defaults", () => {
    const [rows] = fields({
      rows: { type: "array", items: { type: "object", required: ["a"], properties: { a: { type: "string" }, b: { type: "string" }, c: { type: "integer" } } } },
    });
    if (rows?.kind !== "object-list") throw new Error();
    expect(emptyValue(rows.item)).toEqual({ a: "" });
  });
});
