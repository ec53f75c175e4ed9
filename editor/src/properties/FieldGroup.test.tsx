import { act, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it } from "vitest";
import type { JsonSchema } from "../schema/jsonSchema";
import { useEditor } from "../store/editorStore";
import { renderForm } from "../testing/renderForm";
import { parseSchema } from "./parseSchema";
import { splitIntoGroups } from "./splitIntoGroups";

const PROPERTIES: Record<string, JsonSchema> = {
  url: { type: "string" },
  kind: { enum: ["none", "basic"], default: "none", title: "Kind", "x-label-ru": "Вид", "x-group": "Authentication", "x-group-ru": "Вход" },
  user: { type: "string", "x-group": "Authentication", "x-visible-when": { kind: "basic" } },
  limit: { type: "integer", default: 5, "x-group": "Response" },
};
const toggle = (name: string) => screen.getByTestId(`group-parameters.${name}`);

afterEach(() => useEditor.setState({ focus: null }));

describe("FieldGroup", () => {
  it("is closed while nothing in it was changed, and opens by its heading", async () => {
    const user = userEvent.setup();
    renderForm(PROPERTIES);
    expect(screen.getByTestId("field-parameters.url")).toBeInTheDocument();
    expect(screen.queryByTestId("field-parameters.kind")).toBeNull();
    const heading = screen.getByRole("button", { name: "Authentication" });
    expect(heading).toHaveAttribute("aria-expanded", "false");
    await user.click(heading);
    expect(heading).toHaveAttribute("aria-expanded", "true");
    expect(screen.getByLabelText("Kind")).toBeInTheDocument();
  });

  it("starts open with a changed value, and tells what was changed when it is closed", async () => {
    const user = userEvent.setup();
    renderForm(PROPERTIES, { kind: "basic" });
    expect(toggle("authentication")).toHaveAttribute("aria-expanded", "true");
    expect(toggle("response")).toHaveAttribute("aria-expanded", "false");
    await user.click(toggle("authentication"));
    expect(screen.queryByLabelText("Kind")).toBeNull();
    expect(within(toggle("authentication")).getByText("Kind")).toBeInTheDocument();
    expect(within(toggle("authentication")).getByRole("img", { name: "1 setting changed" })).toBeInTheDocument();
  });

  it("is translated by one of its fields, and shows an issue in its heading", () => {
    renderForm(PROPERTIES, {}, { locale: "ru", issues: [{ code: "wrong-parameter", message: "It is wrong.", severity: "error", field: "parameters.limit" }] });
    expect(screen.getByRole("button", { name: "Вход" })).toBeInTheDocument();
    expect(within(toggle("response")).getByRole("img", { name: "1 проблема" })).toBeInTheDocument();
    expect(screen.getByLabelText("Limit")).toBeInTheDocument();
  });

  it("opens when something points at a field in it", () => {
    renderForm(PROPERTIES);
    act(() => useEditor.getState().focusField("call", "parameters.limit"));
    expect(screen.getByLabelText("Limit")).toBeInTheDocument();
    expect(toggle("authentication")).toHaveAttribute("aria-expanded", "false");
  });
});

it("keeps the fields of a section together, and rarely used ones at the end", () => {
  const fields = parseSchema({
    type: "object",
    properties: {
      a: { type: "string" },
      rare: { type: "string", "x-advanced": true },
      b: { type: "string", "x-group": "G" },
      c: { type: "string" },
      d: { type: "string", "x-group": "G" },
    },
  });
  const parts = splitIntoGroups(fields).map((part) => [part.group?.label ?? null, part.fields.map((field) => field.name)]);
  expect(parts).toEqual([
    [null, ["a"]],
    ["G", ["b", "d"]],
    [null, ["c", "rare"]],
  ]);
});
