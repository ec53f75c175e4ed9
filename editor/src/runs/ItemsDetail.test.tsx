import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { fakeServer } from "../testing/fakeServer";
import { renderEditor } from "../testing/renderEditor";
import { StepDetail } from "./StepDetail";
import type { Step } from "./types";

const STEP = {
  node_id: "ask",
  name: "Ask",
  type: "http.request",
  state: "failed",
  tries: 1,
  max_tries: 1,
  started_at: "2026-01-01T00:00:00Z",
  ended_at: "2026-01-01T00:00:01Z",
  duration_s: 1,
  input: null,
  output: null,
  error: null,
  omitted: [],
  attempts: [],
  reused: false,
  items: { loop_id: "each", total: 3, counts: { success: 2, failed: 1 } },
} as Step;

const ITEMS = ["success", "failed", "success"].map((state, index) => ({ index, label: `{"id": ${index}}`, state, tries: 1, max_tries: 1, started_at: null, ended_at: null }));

function attempt(number: number, detail: unknown) {
  const error = { code: "http-status", message: `Try ${number} failed.`, detail };
  return { try_number: number, state: "failed", duration_s: 1, error, hostname: `worker-${number}`, retry_reason: "Another try may help (503).", log_available: true, airflow_url: "/dags/orders" };
}

function serve(): void {
  fakeServer({
    "GET /api/executions/{id}/steps/{node}/items": ({ query }) => {
      const state = query.get("state");
      const items = ITEMS.filter((item) => state === null || item.state === state);
      return { items, total_entries: items.length };
    },
    "GET /api/executions/{id}/steps/{node}": ({ query }) => {
      const index = Number(query.get("item"));
      const failed = index === 1;
      return { ...STEP, state: failed ? "failed" : "success", output: failed ? null : { status: 200 + index }, error: failed ? { code: "http-status", message: "Answered 500." } : null, attempts: [attempt(1, { status: 503 }), attempt(2, null)] };
    },
  });
}

describe("a step in a loop", () => {
  it("begins with the item that failed, and shows why", async () => {
    serve();
    renderEditor(<StepDetail executionId="orders.manual__1" step={STEP} />);
    expect(await screen.findByText("Answered 500.")).toBeInTheDocument();
    expect(screen.getByTestId("items-state")).toHaveValue("failed");
    expect(screen.getByTestId("item-1")).toHaveAttribute("aria-current");
    expect(screen.queryByTestId("item-0")).toBeNull();
  });

  it("shows the item that is chosen among all", async () => {
    serve();
    renderEditor(<StepDetail executionId="orders.manual__1" step={STEP} />);
    await userEvent.selectOptions(await screen.findByTestId("items-state"), "");
    await userEvent.click(await screen.findByTestId("item-2"));
    await waitFor(() => expect(within(screen.getByTestId("step-output")).getByText("202")).toBeInTheDocument());
    expect(within(screen.getByTestId("items-state")).getByText("All items: 3")).toBeInTheDocument();
  });

  it("tells each try of an item, with the facts of its error", async () => {
    serve();
    renderEditor(<StepDetail executionId="orders.manual__1" step={STEP} />);
    await userEvent.click(await screen.findByTestId("tab-tries"));
    expect(within(screen.getByTestId("try-2")).getByText("Try 2 failed.")).toBeInTheDocument();
    expect(screen.queryByTestId("try-2-detail")).toBeNull();
    await userEvent.click(within(screen.getByTestId("try-1-detail")).getByText("Details"));
    expect(within(screen.getByTestId("try-1-detail")).getByText("503")).toBeInTheDocument();
    expect(within(screen.getByTestId("try-1")).getByText("Another try may help (503).")).toBeInTheDocument();
  });
});
