import { expect, it } from "vitest";
import { fillRoute, matchSuggestions, readSuggestions } from "./suggestions";

it("fills a route from the nearest field of each name", () => {
  const levels = [{ table: "or ders" }, { connection_id: "shop", table: "outer", schema: "" }];
  expect(fillRoute("/api/c/{connection_id}/columns?table={table}&schema={schema}", levels)).toEqual({ url: "/api/c/shop/columns?table=or%20ders&schema=", missing: [] });
});

it("asks nothing while a field of the path is empty or an expression", () => {
  expect(fillRoute("/api/c/{connection_id}/tables", [{ connection_id: "" }])).toEqual({ url: null, missing: ["connection_id"] });
  expect(fillRoute("/api/c/x/columns?table={table}", [{ table: "{{ vars.table }}" }]).url).toBeNull();
});

it("reads texts and objects, and leaves out what has no value", () => {
  expect(readSuggestions({ total: 3, rows: ["a", { value: "b", label: "B", description: "text" }, { name: "c", type: "uuid" }, { id: 1 }, { id: "orders-2", name: "Orders" }] })).toEqual([
    { value: "a", label: "a", description: "" },
    { value: "b", label: "B", description: "text" },
    { value: "c", label: "c", description: "uuid" },
    { value: "orders-2", label: "Orders", description: "orders-2" },
  ]);
  expect(readSuggestions(null)).toEqual([]);
});

it("puts offers that begin with the text first", () => {
  const found = matchSuggestions(readSuggestions(["old_orders", "orders", "people"]), "ord");
  expect(found.map((one) => one.value)).toEqual(["orders", "old_orders"]);
});
