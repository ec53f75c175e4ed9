import { describe, expect, it } from "vitest";
import type { JsonSchema } from "../schema/jsonSchema";
import { parseSchema } from "./parseSchema";

function only(property: JsonSchema, defs: Record<string, JsonSchema> = {}) {
  const [field] = parseSchema({ type: "object", properties: { one: property }, $defs: defs });
  if (!field) throw new Error("no field");
  return field;
}

describe("parseSchema", () => {
  it("sorts by x-order and keeps the rest as written", () => {
    const fields = parseSchema({
      properties: { z: { type: "string" }, a: { type: "string" }, first: { type: "string", "x-order": 1 } },
      required: ["a"],
    });
    expect(fields.map((field) => [field.name, field.required])).toEqual([
      ["first", false],
      ["z", false],
      ["a", true],
    ]);
  });

  it("takes labels, help, placeholder and default", () => {
    expect(
      only({ type: "string", title: "URL", description: "Where", "x-label-ru": "Адрес", examples: ["https://a"], default: "" }),
    ).toMatchObject({ kind: "text", label: "URL", labelRu: "Адрес", help: "Where", helpRu: "Where", placeholder: "https://a", defaultValue: "" });
    expect(only({ type: "string" })).toMatchObject({ label: "One" });
  });

  it.each([
    [{ type: "integer", minimum: 1 }, { kind: "number", integer: true, minimum: 1 }],
    [{ type: "number", exclusiveMinimum: 0 }, { kind: "number", integer: false, exclusiveMinimum: 0 }],
    [{ type: "boolean" }, { kind: "boolean" }],
    [{ enum: ["GET", "POST"] }, { kind: "select" }],
    [{ const: "only" }, { kind: "select" }],
    [{ type: "string", "x-widget": "textarea" }, { kind: "textarea" }],
    [{ type: "string", "x-widget": "sql" }, { kind: "code", language: "sql" }],
    [{ type: "string", "x-widget": "code", "x-language": "jq" }, { kind: "code", language: "jq" }],
    [{ "x-widget": "code", "x-language": "json" }, { kind: "json" }],
    [{ type: "string", "x-widget": "connection", "x-conn-types": ["postgres"] }, { kind: "connection", connTypes: ["postgres"] }],
    [{ type: "string", "x-widget": "cron" }, { kind: "cron" }],
    [{ type: "string", "x-widget": "timezone" }, { kind: "timezone" }],
    [{ type: "object", additionalProperties: true }, { kind: "json", types: ["object"] }],
    [{}, { kind: "json", types: [] }],
    [{ type: "array", items: { type: "string" } }, { kind: "value-list" }],
    [{ type: "array", items: { anyOf: [{ type: "integer" }, { type: "string" }] } }, { kind: "value-list" }],
    [{ type: "array", items: {} }, { kind: "json" }],
  ] as [JsonSchema, object][])("reads %j", (schema, expected) => {
    expect(only(schema)).toMatchObject(expected);
  });

  it("sees null as not set", () => {
    expect(only({ anyOf: [{ type: "string", "x-widget": "connection" }, { type: "null" }], default: null })).toMatchObject({
      kind: "connection",
      nullable: true,
      required: false,
    });
    expect(only({ anyOf: [{ type: "integer", "x-expression": true }, { type: "null" }], title: "Rows" })).toMatchObject({
      kind: "number",
      nullable: true,
      expression: true,
      label: "Rows",
    });
  });

  it("follows references to enums and objects", () => {
    const defs: Record<string, JsonSchema> = {
      Method: { enum: ["GET", "PUT"], type: "string", title: "Method" },
      Pair: { type: "object", properties: { name: { type: "string" }, value: { "x-expression": true } }, required: ["name"] },
      Row: { type: "object", properties: { a: { type: "string" }, b: { type: "string" }, c: { $ref: "#/$defs/Method" } } },
    };
    expect(only({ $ref: "#/$defs/Method", default: "GET" }, defs)).toMatchObject({ kind: "select", defaultValue: "GET", options: [{ value: "GET" }, { value: "PUT" }] });
    expect(only({ allOf: [{ $ref: "#/$defs/Method" }], title: "How" }, defs)).toMatchObject({ kind: "select", label: "How" });
    expect(only({ type: "array", items: { $ref: "#/$defs/Pair" }, "x-widget": "key-value" }, defs)).toMatchObject({
      kind: "key-value",
      nameField: { kind: "text", required: true },
      valueField: { kind: "json", expression: true },
    });
    expect(only({ type: "array", items: { $ref: "#/$defs/Row" } }, defs)).toMatchObject({
      kind: "object-list",
      item: { kind: "object", fields: [{ name: "a" }, { name: "b" }, { name: "c", kind: "select" }] },
    });
  });

  it("survives a reference to nowhere and to itself", () => {
    expect(only({ $ref: "#/$defs/Missing" })).toMatchObject({ kind: "json" });
    expect(only({ $ref: "#/$defs/Loop" }, { Loop: { $ref: "#/$defs/Loop" } })).toMatchObject({ kind: "json" });
  });

  it("writes options as people say them", () => {
    const field = only({ enum: ["header_token", "none", "GET"], "x-option-labels": { none: "No check" } });
    expect(field.kind === "select" && field.options.map((option) => option.label)).toEqual(["Header token", "No check", "GET"]);
  });

  it("falls back to JSON for unions without a widget", () => {
    expect(only({ anyOf: [{ type: "string" }, { type: "object" }], "x-expression": true })).toMatchObject({
      kind: "json",
      types: ["string", "object"],
      expression: true,
    });
  });
});
