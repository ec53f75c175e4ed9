import { act, createEvent, fireEvent, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it } from "vitest";
import type { JsonObject, JsonSchema } from "../../schema/jsonSchema";
import { useEditor } from "../../store/editorStore";
import { renderForm } from "../../testing/renderForm";

const CASE: JsonSchema = {
  type: "object",
  required: ["name"],
  properties: {
    name: { type: "string" },
    operator: { enum: ["equals", "filled"], default: "equals", "x-option-labels": { equals: "is", filled: "is filled" } },
    value: { type: "string", "x-visible-when": { operator: "equals", "../mode": "simple" } },
  },
};
const PROPERTIES: Record<string, JsonSchema> = {
  mode: { enum: ["simple", "free"], default: "simple" },
  cases: { type: "array", items: CASE, maxItems: 4 },
};
const row = (index: number) => screen.getByTestId(`row-parameters.cases.${index}`);
const names = (values: JsonObject) => (values["cases"] as JsonObject[]).map((one) => one["name"]);

afterEach(() => useEditor.setState({ focus: null }));

describe("ObjectListWidget", { timeout: 30_000 }, () => {
  it("adds a row that is open and has the focus, and copies and removes rows", async () => {
    const user = userEvent.setup();
    const { current } = renderForm(PROPERTIES, { cases: [{ name: "paid", value: "yes" }] });
    await user.click(screen.getByTestId("add-parameters.cases"));
    expect(within(row(1)).getByLabelText("Name")).toHaveFocus();
    await user.keyboard("open");
    await user.click(within(row(0)).getByRole("button", { name: "Duplicate row 1" }));
    expect(current()["cases"]).toEqual([
      { name: "paid", value: "yes" },
      { name: "paid", value: "yes" },
      { name: "open" },
    ]);
    await user.click(within(row(0)).getByRole("button", { name: "Remove row 1" }));
    expect(names(current())).toEqual(["paid", "open"]);
    await user.click(within(row(0)).getByTestId("row-duplicate"));
    await user.click(within(row(0)).getByTestId("row-duplicate"));
    expect(screen.getByTestId("add-parameters.cases")).toBeDisabled();
  });

  it("tells in one line what a closed row holds", () => {
    renderForm(PROPERTIES, { cases: [{ name: "paid", value: "yes" }, { name: "email", operator: "filled" }, {}] });
    expect(screen.queryByLabelText("Name")).toBeNull();
    expect(within(row(0)).getByTestId("row-toggle-parameters.cases.0")).toHaveTextContent("1paid · is · yes");
    expect(row(1)).toHaveTextContent("2email · is filled");
    expect(row(2)).toHaveTextContent("3is");
  });

  it("moves rows by the keyboard, and the focus and what is open move along", async () => {
    const user = userEvent.setup();
    const { current } = renderForm(PROPERTIES, { cases: [{ name: "a" }, { name: "b" }, { name: "c" }] });
    await user.click(screen.getByTestId("row-toggle-parameters.cases.0"));
    within(row(0)).getByRole("button", { name: /^Move Row 1/ }).focus();
    await user.keyboard("{ArrowDown}{ArrowDown}{ArrowDown}");
    expect(names(current())).toEqual(["b", "c", "a"]);
    expect(within(row(2)).getByRole("button", { name: /^Move Row 3/ })).toHaveFocus();
    expect(within(row(2)).getByLabelText("Name")).toHaveValue("a");
    expect(screen.getAllByLabelText("Name")).toHaveLength(1);
  });

  it("moves rows by the mouse within their own list only", () => {
    const { current } = renderForm(PROPERTIES, { cases: [{ name: "a" }, { name: "b" }, { name: "c" }] });
    const data = new Map<string, string>();
    const transfer = { setData: (type: string, value: string) => data.set(type, value), getData: (type: string) => data.get(type) ?? "", types: [] as string[] };
    const fire = (element: HTMLElement, event: Event) => fireEvent(element, Object.defineProperty(event, "dataTransfer", { value: { ...transfer, types: [...data.keys()] } }));
    const grip = within(row(2)).getByRole("button", { name: /^Move Row 3/ });
    fire(grip, createEvent.dragStart(grip));
    fire(row(0), createEvent.dragOver(row(0)));
    expect(row(0)).toHaveAttribute("data-over", "true");
    fire(row(0), createEvent.drop(row(0)));
    expect(names(current())).toEqual(["c", "a", "b"]);
    data.clear();
    data.set("application/x-flowforge-row-parameters.others", "2");
    fire(row(0), createEvent.drop(row(0)));
    expect(names(current())).toEqual(["c", "a", "b"]);
  });

  it("asks conditions of the fields beside and around a row", async () => {
    const user = userEvent.setup();
    renderForm(PROPERTIES, { cases: [{ name: "a" }] });
    expect(screen.getByLabelText("Value")).toBeInTheDocument();
    await user.selectOptions(screen.getByLabelText("Operator"), "is filled");
    expect(screen.queryByLabelText("Value")).toBeNull();
    await user.selectOptions(screen.getByLabelText("Operator"), "is");
    await user.selectOptions(screen.getByLabelText("Mode"), "free");
    expect(screen.queryByLabelText("Value")).toBeNull();
  });

  it("shows issues at their row, and opens a row that something points at", () => {
    const issues = [
      { code: "wrong-parameter", message: "The case is double.", severity: "error" as const, field: "parameters.cases.1" },
      { code: "wrong-parameter", message: "No such name.", severity: "error" as const, field: "parameters.cases.1.name" },
    ];
    renderForm(PROPERTIES, { cases: [{ name: "a" }, { name: "b" }, { name: "c" }] }, { issues });
    expect(within(row(1)).getByRole("img", { name: "2 problems" })).toBeInTheDocument();
    expect(within(row(1)).getByText("The case is double.")).toBeInTheDocument();
    expect(within(within(row(1)).getByTestId("field-parameters.cases.1.name")).getByText("No such name.")).toBeInTheDocument();
    expect(within(row(2)).queryByLabelText("Name")).toBeNull();
    act(() => useEditor.getState().focusField("call", "parameters.cases.2.name"));
    expect(within(row(2)).getByLabelText("Name")).toBeInTheDocument();
  });

  it("makes up the ids of new and copied rows, and does not show them", async () => {
    const user = userEvent.setup();
    const item: JsonSchema = { type: "object", required: ["id"], properties: { id: { type: "string", "x-generate": "case" }, label: { type: "string", default: "" } } };
    const { current } = renderForm({ cases: { type: "array", items: item } }, { cases: [{ id: "case_2", label: "Urgent" }] });
    await user.click(screen.getByTestId("add-parameters.cases"));
    await user.click(within(row(0)).getByTestId("row-duplicate"));
    expect(current()["cases"]).toEqual([{ id: "case_2", label: "Urgent" }, { id: "case_3", label: "Urgent" }, { id: "case_1" }]);
    expect(screen.queryByLabelText("Id")).toBeNull();
    expect(row(0)).toHaveTextContent("1Urgent");
  });

  it("draws the first hundred rows without their forms, and the others when asked", async () => {
    const user = userEvent.setup();
    const cases = Array.from({ length: 120 }, (_one, index) => ({ name: `case ${index}` }));
    const { container } = renderForm({ cases: { type: "array", items: CASE } }, { cases });
    const rows = () => container.querySelectorAll("[data-testid^=row-toggle-]").length;
    expect(rows()).toBe(100);
    expect(container.querySelector("input")).toBeNull();
    await user.click(screen.getByTestId("more-parameters.cases"));
    expect(rows()).toBe(120);
  });

  it("draws a row beyond the first hundred that something points at", () => {
    const cases = Array.from({ length: 120 }, (_one, index) => ({ name: `case ${index}` }));
    renderForm({ cases: { type: "array", items: CASE } }, { cases });
    act(() => useEditor.getState().focusField("call", "parameters.cases.110.name"));
    expect(row(110)).toBeInTheDocument();
  });
});
