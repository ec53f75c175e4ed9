import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { DeliverySummary } from "../api/deliveries";
import { makeSession } from "../testing/factories";
import { FakeProblem, fakeServer, type FakeRoute } from "../testing/fakeServer";
import { renderEditor } from "../testing/renderEditor";
import { NO_FILTER } from "./deliveryFilter";
import { DeliveriesView } from "./DeliveriesView";

beforeAll(() => {
  // jsdom draws no dialogs.
  HTMLDialogElement.prototype.showModal ??= vi.fn();
  HTMLDialogElement.prototype.close ??= vi.fn();
});

function makeDelivery(id: string, patch: Partial<DeliverySummary> = {}): DeliverySummary {
  return {
    id,
    workflow_id: "orders",
    node_id: "hook",
    kind: "webhook",
    state: "dispatched",
    reason: null,
    method: "POST",
    path: "",
    client: "203.0.113.7",
    size: 9,
    received_at: "2026-01-05T09:00:00Z",
    dispatched_at: "2026-01-05T09:00:00Z",
    execution_id: `orders.webhook__${id}`,
    group_id: null,
    redelivery_of: null,
    idempotency_key: null,
    attempts: 1,
    error: null,
    ...patch,
  };
}

function page(deliveries: DeliverySummary[], next: string | null = null) {
  return { deliveries, total_entries: deliveries.length, total_is_exact: next === null, next_cursor: next };
}

function Shown() {
  const [filter, setFilter] = useState(NO_FILTER);
  return <DeliveriesView filter={filter} onFilter={setFilter} />;
}

function show(routes: Record<string, FakeRoute>, options: { run?: boolean; locale?: string } = {}) {
  const server = fakeServer({ "GET /api/session": () => makeSession({ run: options.run ?? true }), ...routes });
  renderEditor(<Shown />, options.locale ? { locale: options.locale } : {});
  return server;
}

describe("DeliveriesView", () => {
  it("asks for what is chosen, and reads on from where the page ended", async () => {
    const server = show({
      "GET /api/deliveries": ({ query }) => (query.get("cursor") ? page([makeDelivery("b")]) : page([makeDelivery("a", { state: "failed", error: "It is gone." })], "next")),
    });
    expect(await screen.findByText("It is gone.")).toBeInTheDocument();
    await userEvent.click(screen.getByTestId("more-deliveries"));
    expect(await screen.findByTestId("delivery-b")).toBeInTheDocument();
    expect(screen.getByTestId("delivery-a")).toBeInTheDocument();
    await userEvent.selectOptions(screen.getByTestId("filter-state"), "failed");
    await waitFor(() => expect(server.requests.at(-1)?.query.get("state")).toBe("failed"));
  });

  it("sends the chosen ones again after asking, and names those that were refused", async () => {
    const server = show({
      "GET /api/deliveries": () => page([makeDelivery("a"), makeDelivery("b")]),
      "POST /api/deliveries/redeliver": () => ({ redelivered: [{ id: "a", delivery_id: "c", execution_id: "x" }], refused: [{ id: "b", code: "delivery-trigger-gone", message: "The trigger is gone." }], next_cursor: null }),
    });
    await userEvent.click(await screen.findByRole("checkbox", { name: "Select all that are shown" }));
    await userEvent.click(screen.getByTestId("redeliver-selected"));
    const dialog = screen.getByTestId("redeliver-dialog");
    expect(dialog).toHaveTextContent("Send 2 deliveries again?");
    expect(server.calls).not.toContain("POST /api/deliveries/redeliver");
    await userEvent.click(within(dialog).getByTestId("redeliver-submit"));
    expect(await screen.findByTestId("redeliver-refused")).toHaveTextContent("The trigger is gone.");
    expect(server.requests.find((one) => one.path === "/api/deliveries/redeliver")?.body).toMatchObject({ ids: ["a", "b"] });
  });

  it("sends all that match again, page by page, and counts them", async () => {
    const answers = [
      { redelivered: [{ id: "a", delivery_id: "c", execution_id: "x" }], refused: [], next_cursor: "second" },
      { redelivered: [], refused: [{ id: "b", code: "delivery-pending", message: "It waits." }], next_cursor: null },
    ];
    const server = show({
      "GET /api/deliveries": () => page([makeDelivery("a"), makeDelivery("b")]),
      "POST /api/deliveries/redeliver": ({ body }) => answers[(body as { cursor?: string }).cursor === "second" ? 1 : 0],
    });
    const button = await screen.findByTestId("redeliver-all");
    await userEvent.click(button);
    expect(screen.queryByTestId("redeliver-all-dialog")).toBeNull();
    await userEvent.selectOptions(screen.getByTestId("filter-state"), "failed");
    await waitFor(() => expect(screen.getByTestId("redeliver-all")).not.toHaveAttribute("aria-disabled"));
    await userEvent.click(screen.getByTestId("redeliver-all"));
    expect(screen.getByTestId("redeliver-all-dialog")).toHaveTextContent("Send all 2 deliveries that match again?");
    expect(server.calls).not.toContain("POST /api/deliveries/redeliver");
    await userEvent.click(screen.getByTestId("redeliver-all-submit"));
    expect(await screen.findByText("Sent again: 1. Left out: 1.")).toBeInTheDocument();
    expect(await screen.findByTestId("redeliver-all-refused")).toHaveTextContent("It waits.");
    const sent = server.requests.filter((one) => one.path === "/api/deliveries/redeliver").map((one) => one.body);
    expect(sent).toEqual([
      { filter: { states: ["failed"] }, limit: 100 },
      { filter: { states: ["failed"] }, limit: 100, cursor: "second" },
    ]);
  });

  it("tells why a user may not send again", async () => {
    const server = show({ "GET /api/deliveries": () => page([makeDelivery("a")]) }, { run: false });
    await userEvent.click(await screen.findByRole("checkbox", { name: "Select delivery a" }));
    const button = await screen.findByTestId("redeliver-selected");
    await waitFor(() => expect(button).toHaveAttribute("aria-disabled", "true"));
    await userEvent.click(button);
    expect(screen.queryByTestId("redeliver-dialog")).toBeNull();
    expect(server.calls.some((call) => call.startsWith("POST"))).toBe(false);
  });

  it("tells nothing received from nothing found, and a failure from both", async () => {
    show({ "GET /api/deliveries": ({ query }) => (query.get("kind") ? new FakeProblem(503, { detail: "The database is away." }) : page([])) });
    expect(await screen.findByText("Nothing was received yet")).toBeInTheDocument();
    await userEvent.selectOptions(screen.getByTestId("filter-state"), "held");
    expect(await screen.findByText("No delivery matches")).toBeInTheDocument();
    await userEvent.selectOptions(screen.getByTestId("filter-kind"), "email");
    expect(await screen.findByText("The database is away.")).toBeInTheDocument();
  });

  it("counts in Russian", async () => {
    show({ "GET /api/deliveries": () => page([makeDelivery("a"), makeDelivery("b", { state: "skipped", reason: "filter" })]) }, { locale: "ru" });
    expect(await screen.findByText("2 поступления")).toBeInTheDocument();
    expect(screen.getByTestId("delivery-b")).toHaveTextContent("Пропущено · фильтр");
  });
});
