import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { fakeServer } from "../../testing/fakeServer";
import { renderForm } from "../../testing/renderForm";

beforeEach(() => {
  fakeServer({
    "POST /api/expressions/preview": () => ({ ok: true, value: 19, type: "integer" }),
    "GET /api/connections/shop/tables": () => ({ tables: [{ value: "orders", description: "12 columns" }, { value: "order_lines" }, "people"] }),
  });
});

describe("duration", () => {
  it("shows seconds in the largest whole unit and keeps seconds", async () => {
    const user = userEvent.setup();
    const { current } = renderForm({ pause: { type: "number", "x-widget": "duration", maximum: 86_400 } }, { pause: 5400 });
    expect(screen.getByLabelText("Pause")).toHaveValue("90");
    expect(screen.getByLabelText("Unit of “Pause”")).toHaveDisplayValue("minutes");
    await user.clear(screen.getByLabelText("Pause"));
    await user.type(screen.getByLabelText("Pause"), "2.5");
    expect(current()["pause"]).toBe(150);
    await user.selectOptions(screen.getByLabelText("Unit of “Pause”"), "days");
    expect(current()["pause"]).toBe(216_000);
    expect(screen.getByText("Must be 86,400 or less.")).toBeInTheDocument();
  });
});

describe("datetime", () => {
  it("picks a moment in the workflow's time zone", () => {
    const { current } = renderForm({ at: { type: "string", title: "At", "x-widget": "datetime" } });
    const input = screen.getByLabelText("At");
    expect(input).toHaveAttribute("type", "datetime-local");
    fireEvent.change(input, { target: { value: "2026-01-31T09:00" } });
    expect(current()["at"]).toBe("2026-01-31T09:00");
    expect(screen.getByText("Time in Europe/Lisbon")).toBeInTheDocument();
  });

  it("keeps a zone of the value's own as text, and takes an expression", async () => {
    const user = userEvent.setup();
    const { current } = renderForm({ at: { type: "string", title: "At", "x-widget": "datetime", "x-expression": true } }, { at: "2026-01-31T09:00+02:00" });
    expect(screen.getByLabelText("At")).toHaveAttribute("type", "text");
    await user.clear(screen.getByLabelText("At"));
    fireEvent.change(screen.getByLabelText("At"), { target: { value: "" } });
    await user.click(screen.getByTestId("mode-expression"));
    expect(current()["at"]).toBe("{{  }}");
  });
});

describe("suggestions", () => {
  const PROPERTIES = {
    connection_id: { type: "string" },
    table: { type: "string", "x-widget": "suggestions", "x-suggestions": "/api/connections/{connection_id}/tables" },
  };

  it("offers what the server knows about the field beside it", async () => {
    const user = userEvent.setup();
    const { current } = renderForm(PROPERTIES, { connection_id: "shop" });
    const input = screen.getByLabelText("Table");
    await user.click(input);
    expect(await screen.findAllByRole("option")).toHaveLength(3);
    await user.type(input, "lin");
    expect(screen.getAllByRole("option").map((one) => one.textContent)).toEqual(["order_lines"]);
    await user.keyboard("{ArrowDown}{Enter}");
    expect(current()["table"]).toBe("order_lines");
    expect(screen.queryByRole("listbox")).toBeNull();
  });

  it("offers them in lists of texts and for the names of rows", async () => {
    const user = userEvent.setup();
    const offers = { "x-widget": "suggestions", "x-suggestions": "/api/connections/{connection_id}/tables" };
    const pair = { type: "object", required: ["name"], properties: { name: { type: "string", ...offers }, value: { type: "string" } } };
    const { current } = renderForm(
      { connection_id: { type: "string" }, tables: { type: "array", items: { type: "string" }, ...offers }, sizes: { type: "array", items: pair, "x-widget": "key-value" } },
      { connection_id: "shop", sizes: [{ name: "", value: "1" }] },
    );
    await user.click(screen.getByLabelText("Tables"));
    await user.click(await screen.findByRole("option", { name: "people" }));
    await user.type(screen.getByLabelText("Tables"), "mine{Enter}");
    expect(current()["tables"]).toEqual(["people", "mine"]);
    await user.click(screen.getByLabelText("Name 1"));
    await user.click(await screen.findByRole("option", { name: /^orders/ }));
    expect(current()["sizes"]).toEqual([{ name: "orders", value: "1" }]);
  });

  it("takes any text, also where nothing can be offered", async () => {
    const user = userEvent.setup();
    const { current } = renderForm(PROPERTIES, { connection_id: "elsewhere" });
    const reason = /The list cannot be read, but you can type the name/;
    await user.click(screen.getByLabelText("Table"));
    expect(await screen.findByText(reason)).toBeInTheDocument();
    await user.keyboard("mine");
    expect(current()["table"]).toBe("mine");
    expect(screen.queryByText(reason)).not.toBeInTheDocument();
  });
});

it("chooses a colour, and ticks a few options in the order of the options", async () => {
  const user = userEvent.setup();
  const { current } = renderForm(
    {
      color: { enum: ["yellow", "blue"], default: "yellow", "x-widget": "color", "x-option-labels": { yellow: "Yellow", blue: "Blue" } },
      days: { type: "array", items: { enum: ["mon", "tue", "wed"] } },
    },
    { days: ["wed", "old"] },
  );
  await user.click(screen.getByRole("radio", { name: "Blue" }));
  expect(current()["color"]).toBe("blue");
  await user.click(screen.getByRole("checkbox", { name: "mon" }));
  expect(current()["days"]).toEqual(["mon", "wed", "old"]);
  await user.click(screen.getByRole("checkbox", { name: "old (not allowed)" }));
  expect(current()["days"]).toEqual(["mon", "wed"]);
});

it("shows Markdown as it will look", async () => {
  const user = userEvent.setup();
  renderForm({ text: { type: "string", "x-widget": "markdown" } }, { text: "# Hello\n\n**Dear** {{ trigger.body.name }}" });
  await user.click(screen.getByTestId("mode-preview"));
  const preview = screen.getByTestId("markdown-preview");
  expect(within(preview).getByRole("heading", { name: "Hello" })).toBeInTheDocument();
  expect(preview).toHaveTextContent("Dear {{ trigger.body.name }}");
  await user.click(screen.getByTestId("mode-write"));
  expect(screen.getByLabelText("Text")).toHaveValue("# Hello\n\n**Dear** {{ trigger.body.name }}");
});

it("adds an object that may be absent, and takes it away again", async () => {
  const user = userEvent.setup();
  const proxy = { type: "object", required: ["host"], properties: { host: { type: "string" }, port: { type: "integer", default: 3128 } } };
  const { current } = renderForm({ proxy: { anyOf: [proxy, { type: "null" }], default: null, title: "Proxy" } });
  await user.click(screen.getByRole("button", { name: "Add Proxy" }));
  await user.type(screen.getByLabelText("Host"), "cache");
  expect(current()["proxy"]).toEqual({ host: "cache" });
  await user.click(screen.getByTestId("clear-parameters.proxy"));
  expect(current()["proxy"]).toBeNull();
});

it("gives a switch that may be unset a third place", async () => {
  const user = userEvent.setup();
  const { current } = renderForm({ silent: { anyOf: [{ type: "boolean" }, { type: "null" }], default: null } });
  expect(screen.getByLabelText("Silent")).toHaveDisplayValue("Not set");
  await user.selectOptions(screen.getByLabelText("Silent"), "No");
  await waitFor(() => expect(current()["silent"]).toBe(false));
});

it("does not show SQL with the values pasted in", async () => {
  renderForm({ text: { type: "string", "x-expression": true }, sql: { type: "string", "x-widget": "sql", "x-expression": true } }, { text: "{{ 1 }}", sql: "SELECT {{ 1 }}" });
  expect(await screen.findByRole("status", { name: /Text/ })).toBeInTheDocument();
  expect(screen.queryByRole("status", { name: /Sql/ })).toBeNull();
});
