import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { JsonObject, JsonSchema } from "../../schema/jsonSchema";
import { fakeServer } from "../../testing/fakeServer";
import { renderForm } from "../../testing/renderForm";

const OPERATORS = [
  { id: "equals", label: "equals", label_ru: "равно", types: ["text", "number"], right: "same" },
  { id: "contains", label: "contains", label_ru: "содержит", types: ["text"], right: "any" },
  { id: "greater", label: "is greater than", label_ru: "больше", types: ["number"], right: "same" },
  { id: "in_list", label: "is one of", label_ru: "одно из", types: ["text", "number"], right: "list" },
  { id: "exists", label: "exists", label_ru: "существует", types: ["text", "number"], right: "none" },
];
const GROUP: JsonSchema = {
  type: "object",
  properties: { conditions: { type: "array", items: { type: "object", properties: { left: {} } } }, groups: { type: "array", items: { $ref: "#/$defs/Group" } }, expression: {} },
};
const SCHEMA: Record<string, JsonSchema> = {
  rules: {
    ...GROUP,
    title: "Rules",
    "x-widget": "conditions",
    "x-conditions": { types: [{ id: "text", label: "Text", label_ru: "Текст" }, { id: "number", label: "Number", label_ru: "Число" }], operators: OPERATORS },
  },
};
const row = (patch: JsonObject = {}) => ({ left: "{{ a }}", type: "text", operator: "equals", right: "x", ...patch });

beforeEach(() => {
  fakeServer({ "POST /api/expressions/preview": () => ({ ok: true, value: 19, type: "integer" }) });
});

describe("ConditionsWidget", { timeout: 30_000 }, () => {
  it("offers a first row, which becomes a part of the value when it is used", async () => {
    const user = userEvent.setup();
    const { current } = renderForm(SCHEMA);
    expect(current()).toEqual({});
    await user.selectOptions(screen.getByLabelText("Type: Condition 1"), "number");
    expect(current()).toEqual({ rules: { conditions: [{ left: "", type: "number", operator: "equals", right: "" }] } });
  });

  it("offers the operators of the type, and hides the right side of those that need none", async () => {
    const user = userEvent.setup();
    const { current } = renderForm(SCHEMA, { rules: { conditions: [row({ operator: "contains", ignore_case: true })] } });
    const operator = screen.getByLabelText("Operator: Condition 1");
    expect(within(operator).queryByText("is greater than")).toBeNull();
    await user.selectOptions(screen.getByLabelText("Type: Condition 1"), "number");
    // What does not fit the new type goes.
    expect(current()["rules"]).toEqual({ conditions: [{ left: "{{ a }}", type: "number", operator: "equals", right: "x" }] });
    await user.selectOptions(operator, "exists");
    expect(current()["rules"]).toEqual({ conditions: [{ left: "{{ a }}", type: "number", operator: "exists" }] });
    expect(screen.queryByLabelText("Compare with: Condition 1")).toBeNull();
    await user.selectOptions(operator, "in_list");
    expect(current()["rules"]).toMatchObject({ conditions: [{ right: [] }] });
    await user.type(screen.getByLabelText("Compare with: Condition 1"), "7,8{Enter}");
    expect(current()["rules"]).toMatchObject({ conditions: [{ right: [7, 8] }] });
  });

  it("adds and removes rows and groups, and joins them by and or or", async () => {
    const user = userEvent.setup();
    const { current } = renderForm(SCHEMA, { rules: { conditions: [row()] } });
    expect(screen.queryByRole("radiogroup", { name: "How many must hold" })).toBeNull();
    await user.click(screen.getByTestId("add-condition-parameters.rules"));
    await user.click(screen.getByTestId("add-group-parameters.rules"));
    await user.click(screen.getByRole("radio", { name: "Any (or)" }));
    const blank = { left: "", type: "text", operator: "equals", right: "" };
    expect(current()["rules"]).toEqual({ match: "any", conditions: [row(), blank], groups: [{ match: "any", conditions: [blank] }] });
    await user.click(screen.getByTestId("add-condition-parameters.rules.groups.0"));
    await user.click(screen.getByLabelText("Remove condition 1", { selector: '[data-testid="condition-parameters.rules.conditions.0"] *' }));
    expect(current()["rules"]).toMatchObject({ conditions: [blank], groups: [{ conditions: [blank, blank] }] });
    await user.click(screen.getByLabelText("Remove group 1"));
    expect(current()["rules"]).toMatchObject({ groups: [] });
  });

  it("switches to one expression and back without losing the rows", async () => {
    const user = userEvent.setup();
    const { current } = renderForm(SCHEMA, { rules: { conditions: [row()] } });
    await user.click(screen.getByRole("radio", { name: "Expression" }));
    expect(current()["rules"]).toEqual({ conditions: [row()], mode: "expression" });
    await user.click(screen.getByRole("radio", { name: "Conditions" }));
    await user.click(screen.getByLabelText("Convert types"));
    expect(current()["rules"]).toEqual({ conditions: [row()], convert: true });
  });

  it("shows issues at their row, also inside of groups", () => {
    const field = "parameters.rules.groups.0.conditions.0.right";
    renderForm(SCHEMA, { rules: { conditions: [row()], groups: [{ conditions: [row()] }] } }, { issues: [{ code: "wrong-parameter", message: "It is no number.", severity: "error", field }] });
    expect(within(screen.getByTestId("condition-parameters.rules.groups.0.conditions.0")).getByText("It is no number.")).toBeInTheDocument();
    expect(screen.getAllByText("It is no number.")).toHaveLength(1);
  });

  it("speaks Russian", () => {
    renderForm(SCHEMA, { rules: { conditions: [row()] } }, { locale: "ru" });
    expect(within(screen.getByLabelText("Оператор: Условие 1")).getByText("содержит")).toBeInTheDocument();
  });
});
