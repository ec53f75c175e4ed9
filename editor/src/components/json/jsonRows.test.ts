import { describe, expect, it } from "vitest";
import type { Json } from "../../schema/jsonSchema";
import { jsonRows, PAGE } from "./jsonRows";
import { cellText, findTable } from "./jsonTable";

const open = () => true;

describe("jsonRows", () => {
  it("lists members with their paths", () => {
    const rows = jsonRows({ id: 7, lines: [{ "unit price": 2 }] }, { rootPath: ["steps", "a"], isOpen: open });
    expect(rows.map((row) => [row.depth, row.id, row.type, row.size])).toEqual([
      [0, "steps.a.id", "number", null],
      [0, "steps.a.lines", "array", 1],
      [1, "steps.a.lines[0]", "object", 1],
      [2, 'steps.a.lines[0]["unit price"]', "number", null],
    ]);
  });

  it("leaves closed values closed", () => {
    const rows = jsonRows({ a: { b: { c: 1 } } }, { rootPath: [], isOpen: (_id, depth) => depth < 1 });
    expect(rows.map((row) => row.id)).toEqual(["a", "a.b"]);
  });

  it("draws long lists a page at a time", () => {
    const value: Json = { rows: Array.from({ length: PAGE + 5 }, (_, index) => index) };
    const rows = jsonRows(value, { rootPath: [], isOpen: open });
    expect(rows).toHaveLength(PAGE + 2);
    expect(rows.at(-1)).toMatchObject({ more: 5, depth: 1 });
    expect(jsonRows(value, { rootPath: [], isOpen: open, shown: new Map([["rows", 200]]) })).toHaveLength(PAGE + 6);
  });

  it("searches keys and values and keeps their ancestors", () => {
    const value: Json = { order: { id: 7, customer: { name: "Ann" } }, other: 1 };
    expect(jsonRows(value, { rootPath: [], isOpen: () => false, search: "ann" }).map((row) => row.id)).toEqual([
      "order",
      "order.customer",
      "order.customer.name",
    ]);
    expect(jsonRows(value, { rootPath: [], isOpen: open, search: "customer" }).map((row) => row.id)).toEqual([
      "order",
      "order.customer",
      "order.customer.name",
    ]);
  });
});

describe("findTable", () => {
  it("finds a list of objects, also one level down", () => {
    expect(findTable([{ a: 1 }, { b: 2 }])).toMatchObject({ path: [], columns: ["a", "b"] });
    expect(findTable({ row_count: 1, rows: [{ id: 1 }] })).toMatchObject({ path: ["rows"], columns: ["id"] });
  });

  it("refuses what is no table", () => {
    expect(findTable([1, 2])).toBeNull();
    expect(findTable([])).toBeNull();
    expect(findTable({ a: 1 })).toBeNull();
  });

  it("writes cells", () => {
    expect([cellText("x"), cellText({ a: 1 }), cellText(null), cellText(undefined)]).toEqual(["x", '{"a":1}', "null", ""]);
  });
});
