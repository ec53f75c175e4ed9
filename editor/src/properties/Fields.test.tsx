import { EditorView } from "@codemirror/view";
import { act, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { Json, JsonObject, JsonSchema } from "../schema/jsonSchema";
import { fakeServer } from "../testing/fakeServer";
import { renderForm } from "../testing/renderForm";

let current: () => JsonObject;

function show(...given: Parameters<typeof renderForm>) {
  const result = renderForm(...given);
  current = result.current;
  return result;
}

beforeEach(() => {
  fakeServer({ "POST /api/expressions/preview": () => ({ ok: true, value: 19, type: "integer" }) });
});

describe("Fields", { timeout: 30_000 }, () => {
  it("edits text, and keeps numbers that are none visible and flagged", async () => {
    const user = userEvent.setup();
    show({ name: { type: "string" }, count: { type: "integer", minimum: 1 } }, { count: 5 });
    await user.type(screen.getByLabelText("Name"), "Ann");
    const count = screen.getByLabelText("Count");
    await user.clear(count);
    await user.type(count, "7x");
    expect(current()).toEqual({ name: "Ann", count: "7x" });
    expect(count).toHaveValue("7x");
    expect(screen.getByText("Write a whole number.")).toBeInTheDocument();
    expect(count).toHaveAttribute("aria-invalid", "true");
  });

  it("shows a field only under its condition, unless it has an issue", async () => {
    const user = userEvent.setup();
    const properties: Record<string, JsonSchema> = {
      mode: { enum: ["fields", "jq"], default: "fields" },
      limit: { type: "integer", "x-visible-when": { mode: "jq" } },
    };
    const { unmount } = show(properties);
    expect(screen.queryByTestId("field-parameters.limit")).toBeNull();
    await user.selectOptions(screen.getByLabelText("Mode"), "jq");
    expect(screen.getByTestId("field-parameters.limit")).toBeInTheDocument();
    unmount();
    show(properties, {}, { issues: [{ code: "wrong-parameter", message: 'Node "A": "Limit": It is wrong.', severity: "error", field: "parameters.limit" }] });
    expect(within(screen.getByTestId("field-parameters.limit")).getByText("It is wrong.")).toBeInTheDocument();
  });

  it("hides rarely used fields until they are asked for or changed", async () => {
    const user = userEvent.setup();
    const properties: Record<string, JsonSchema> = { limit: { type: "integer", default: 10, "x-advanced": true } };
    const { unmount } = show(properties);
    expect(screen.queryByLabelText("Limit")).toBeNull();
    await user.click(screen.getByTestId("more-options"));
    expect(screen.getByLabelText("Limit")).toBeInTheDocument();
    unmount();
    show(properties, { limit: 11 });
    expect(screen.getByLabelText("Limit")).toHaveValue("11");
  });

  it("switches between a fixed value and an expression, and back", async () => {
    const user = userEvent.setup();
    show({ count: { type: "integer", "x-expression": true } }, { count: 30 });
    const field = screen.getByTestId("field-parameters.count");
    await user.click(within(field).getByTestId("mode-expression"));
    expect(current()["count"]).toBe("{{ 30 }}");
    expect(await within(field).findByText("19")).toBeInTheDocument();
    // Emptied to be written anew, it is still the expression's field.
    const code = EditorView.findFromDOM(within(field).getByRole("textbox"));
    act(() => code?.dispatch({ changes: { from: 0, to: code.state.doc.length } }));
    expect(current()["count"]).toBe("");
    expect(within(field).getByTestId("mode-expression")).toHaveAttribute("aria-checked", "true");
    await user.click(within(field).getByTestId("mode-fixed"));
    expect(current()["count"]).toBe(30);
  });

  it("asks for no preview of what is known only while the step works", () => {
    show({ keep: { type: "string", "x-expression": true, "x-expression-names": ["row"] }, other: { type: "string", "x-expression": true } }, { keep: "{{ row.price > 1 }}", other: "{{ trigger.row }}" });
    expect(screen.getByText("“row” is known only while the step works.")).toBeInTheDocument();
    expect(screen.getAllByTestId("preview")).toHaveLength(2);
  });

  it("adds, edits and removes rows of names and values", async () => {
    const user = userEvent.setup();
    const pair: JsonSchema = { type: "object", properties: { name: { type: "string" }, value: { type: "string" } }, required: ["name"] };
    show({ headers: { type: "array", items: pair, "x-widget": "key-value" } });
    await user.click(screen.getByTestId("add-parameters.headers"));
    await user.type(screen.getByLabelText("Name 1"), "Accept");
    expect(current()["headers"]).toEqual([{ name: "Accept", value: "" }]);
    await user.click(screen.getByLabelText("Name 1"));
    await user.paste("X-One: 1\nX-Two: 2");
    expect(current()["headers"]).toEqual([
      { name: "Accept", value: "" },
      { name: "X-One", value: "1" },
      { name: "X-Two", value: "2" },
    ]);
    await user.click(screen.getByRole("button", { name: "Remove row 2" }));
    expect((current()["headers"] as Json[]).map((row) => (row as JsonObject)["name"])).toEqual(["Accept", "X-Two"]);
  });

  it("collects values as chips", async () => {
    const user = userEvent.setup();
    show({ statuses: { type: "array", items: { type: "string", pattern: "^[1-5]xx$" } } }, { statuses: ["2xx"] });
    await user.type(screen.getByLabelText("Statuses"), "4xx,oops{Enter}");
    expect(current()["statuses"]).toEqual(["2xx", "4xx", "oops"]);
    await user.click(screen.getByRole("button", { name: "Remove 4xx" }));
    expect(current()["statuses"]).toEqual(["2xx", "oops"]);
  });

  it("turns a switch, and speaks Russian", async () => {
    const user = userEvent.setup();
    show({ verify: { type: "boolean", default: true, title: "Verify", "x-label-ru": "Проверять" } }, {}, { locale: "ru" });
    await user.click(screen.getByRole("switch", { name: "Проверять" }));
    expect(current()["verify"]).toBe(false);
  });

  it("keeps a value that is no option visible", () => {
    show({ mode: { enum: ["a", "b"] } }, { mode: "old" });
    expect(screen.getByLabelText("Mode")).toHaveDisplayValue("old (not allowed)");
    expect(screen.getByText("“old” is not one of the options.")).toBeInTheDocument();
  });

  it("takes any colour where none are named", () => {
    show({ accent: { type: "string", default: "#2563eb", "x-widget": "color" } });
    expect(screen.queryByText(/is not one of the options/)).not.toBeInTheDocument();
  });

  it("asks for what is required only after a visit", async () => {
    const user = userEvent.setup();
    show({ url: { type: "string", minLength: 1 } }, {}, { required: ["url"] });
    expect(screen.queryByText("Fill this in.")).toBeNull();
    await user.click(screen.getByLabelText("Url"));
    await user.tab();
    expect(screen.getByText("Fill this in.")).toBeInTheDocument();
  });
});
