import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { ExecutionSummary } from "../api/types";
import { makeSession } from "../testing/factories";
import { fakeEventSources } from "../testing/fakeEventSource";
import { fakeServer, type FakeRoute } from "../testing/fakeServer";
import { renderEditor } from "../testing/renderEditor";
import { NO_FILTER } from "./executionFilter";
import { ExecutionsView } from "./ExecutionsView";

beforeAll(() => {
  // jsdom draws no dialogs.
  HTMLDialogElement.prototype.showModal ??= vi.fn();
  HTMLDialogElement.prototype.close ??= vi.fn();
});

function line(id: string, patch: Partial<ExecutionSummary> = {}): ExecutionSummary {
  return { id, workflow_id: "orders", workflow_name: "Orders", run_id: id, state: "success", trigger_type: "webhook", revision: 3, seq: 1, created_at: "2026-01-05T09:00:00Z", started_at: "2026-01-05T09:00:00Z", ended_at: "2026-01-05T09:00:02Z", duration_s: 2, failure: null, handled: null, rerun_of: null, ...patch } as ExecutionSummary;
}

const failed = line("orders.b", { state: "failed", failure: { title: "“Pay” could not reach the service", node_name: "Pay", message: "" } as NonNullable<ExecutionSummary["failure"]> });

function Shown() {
  const [filter, setFilter] = useState(NO_FILTER);
  return <ExecutionsView filter={filter} onFilter={setFilter} />;
}

function show(routes: Record<string, FakeRoute>, locale = "en") {
  const server = fakeServer({ "GET /api/session": () => makeSession(), ...routes });
  renderEditor(<Shown />, { locale });
  return server;
}

describe("ExecutionsView", { timeout: 30_000 }, () => {
  it("asks for what is chosen, tells why one failed, and reads on", async () => {
    const server = show({
      "GET /api/executions": ({ query }) => ({ executions: [query.get("cursor") ? line("orders.a") : failed], total_entries: 2, next_cursor: query.get("cursor") ? null : "7" }),
    });
    expect(await screen.findByText(/could not reach the service/)).toBeInTheDocument();
    await userEvent.click(screen.getByTestId("more-executions"));
    expect(await screen.findByTestId("execution-orders.a")).toBeInTheDocument();
    await userEvent.selectOptions(screen.getByTestId("filter-state"), "failed");
    await waitFor(() => expect(server.requests.at(-1)?.query.getAll("state")).toEqual(["failed"]));
  });

  it("marks the chosen ones with a comment, and says of the rest why not", async () => {
    const server = show({
      "GET /api/executions": () => ({ executions: [failed, line("orders.a")], total_entries: 2, next_cursor: null }),
      "POST /api/executions/handled": ({ body }) => ({ ids: (body as { ids: string[] }).ids, refused: [] }),
    });
    await userEvent.click(await screen.findByRole("checkbox", { name: "Select all that are shown" }));
    await waitFor(() => expect(screen.getByTestId("bulk-handle")).not.toHaveAttribute("aria-disabled"));
    expect(screen.getByTestId("bulk-cancel")).toHaveAttribute("aria-disabled", "true");
    await userEvent.click(screen.getByTestId("bulk-handle"));
    const dialog = await screen.findByTestId("bulk-dialog", {}, { timeout: 10_000 });
    expect(dialog).toHaveTextContent("Mark 1 execution as handled?");
    await userEvent.type(within(dialog).getByTestId("bulk-comment"), "Known.");
    await userEvent.click(within(dialog).getByTestId("bulk-submit"));
    await waitFor(() => expect(screen.queryByTestId("bulk-dialog")).toBeNull());
    expect(server.requests.find((one) => one.path === "/api/executions/handled")?.body).toEqual({ ids: ["orders.b"], handled: true, comment: "Known." });
  });

  it("follows the server's events while they come, and says so", async () => {
    const sources = fakeEventSources();
    show({ "GET /api/executions": () => ({ executions: [line("orders.a", { state: "running" })], total_entries: 1, next_cursor: null }) }, "ru");
    const row = await screen.findByTestId("execution-orders.a");
    expect(screen.getByText("Обновляется раз в несколько секунд")).toBeInTheDocument();
    const [source] = sources;
    expect(source?.url).toContain("/api/executions/events?language=ru");
    source?.open();
    expect(await screen.findByText("Вживую")).toBeInTheDocument();
    source?.tell("execution", line("orders.a", { state: "failed" }));
    await waitFor(() => expect(row).toHaveAttribute("data-state", "failed"));
    for (let count = 0; count < 3; count++) source?.fail();
    expect(await screen.findByText("Обновляется раз в несколько секунд")).toBeInTheDocument();
    expect(source?.closed).toBe(true);
  });

  it("reads the list itself while no stream comes through, and goes back to it when it is there again", async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    try {
      const sources = fakeEventSources();
      let state: ExecutionSummary["state"] = "running";
      show({ "GET /api/executions": () => ({ executions: [line("orders.a", { state })], total_entries: 1, next_cursor: null }) });
      const row = await screen.findByTestId("execution-orders.a");
      sources[0]?.fail({ refused: true });
      state = "success";
      await act(() => vi.advanceTimersByTimeAsync(4_000));
      await waitFor(() => expect(row).toHaveAttribute("data-state", "success"));
      expect(sources).toHaveLength(1);
      await act(() => vi.advanceTimersByTimeAsync(30_000));
      expect(sources).toHaveLength(2);
      sources[1]?.open();
      expect(await screen.findByText("Live")).toBeInTheDocument();
    } finally {
      vi.useRealTimers();
    }
  });
});
