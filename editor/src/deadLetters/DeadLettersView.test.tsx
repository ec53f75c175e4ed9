import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { DeadLetterGroup, Redrive } from "../api/deadLetters";
import { DeadLettersPage } from "../pages/DeadLettersPage";
import { makeSession } from "../testing/factories";
import { FakeProblem, fakeServer, type FakeRoute } from "../testing/fakeServer";
import { renderEditor } from "../testing/renderEditor";
import { DeadLettersView } from "./DeadLettersView";
import { readRate } from "./redriveRate";

const AT = "2026-01-05T09:00:00Z";

beforeAll(() => {
  // jsdom draws no dialogs.
  HTMLDialogElement.prototype.showModal ??= vi.fn();
  HTMLDialogElement.prototype.close ??= vi.fn();
});

function makeGroup(patch: Partial<DeadLetterGroup> = {}): DeadLetterGroup {
  return { id: "g", workflow_id: "orders", workflow_name: "Orders", source: "execution", node_id: "pay", node_name: "Pay", title: "The service is down", message: "It answered 503", code: "http-status", cause: "The server answered 0", sample: "The server answered 503", sample_execution_id: "orders.manual__x", open: 120, total: 130, first_at: AT, last_at: AT, redrive: null, ...patch };
}

function makeRedrive(patch: Partial<Redrive> = {}): Redrive {
  return { id: "r", group_id: "g", state: "running", revision: "latest", per_minute: 30, total: 120, started: 12, failed: 1, created_by: "ann", created_at: AT, finished_at: null, error: null, ...patch };
}

function show(group: DeadLetterGroup, routes: Record<string, FakeRoute> = {}, operate = true) {
  const server = fakeServer({
    "GET /api/session": () => makeSession({ operate }),
    "GET /api/dead-letters": () => ({ groups: [group], total_open: group.open, next_cursor: null }),
    ...routes,
  });
  renderEditor(<DeadLettersView />);
  return server;
}

async function press(testId: string) {
  await waitFor(() => expect(screen.getByTestId(testId)).not.toHaveAttribute("aria-disabled"));
  await userEvent.click(screen.getByTestId(testId));
}

describe("DeadLettersView", () => {
  it("starts all of a cause again, at the rate that was given and at no other", async () => {
    const server = show(makeGroup(), { "POST /api/dead-letters/g/redrive": () => makeRedrive() });
    expect(await screen.findByText("120 open of 130")).toBeInTheDocument();
    await press("redrive-all");
    expect(screen.getByTestId("redrive-dialog")).toHaveTextContent("Start 120 dead letters again?");
    const rate = screen.getByTestId("redrive-rate");
    await userEvent.clear(rate);
    await userEvent.click(screen.getByTestId("redrive-submit"));
    expect(screen.getByText("Give a whole number from 1 to 6000.")).toBeInTheDocument();
    expect(server.calls.some((call) => call.startsWith("POST"))).toBe(false);
    await userEvent.type(rate, "30");
    await userEvent.click(screen.getByTestId("redrive-submit"));
    await waitFor(() => expect(screen.queryByTestId("redrive-dialog")).toBeNull());
    expect(server.requests.find((one) => one.body)?.body).toEqual({ revision: "latest", per_minute: 30 });
  });

  it("shows how far it has come, and stops it", async () => {
    const server = show(makeGroup({ redrive: makeRedrive() }), { "POST /api/dead-letters/redrives/r/stop": () => makeRedrive({ state: "stopped" }) });
    expect(await screen.findByTestId("redrive-progress")).toHaveTextContent("12 of 120 started, at most 30 a minute · 1 could not be started");
    await waitFor(() => expect(screen.getByTestId("redrive-stop")).not.toHaveAttribute("aria-disabled"));
    expect(screen.getByTestId("redrive-all")).toHaveAttribute("aria-disabled", "true");
    await press("redrive-stop");
    await waitFor(() => expect(server.calls).toContain("POST /api/dead-letters/redrives/r/stop"));
  });

  it("explains the newest one, and marks a single one as handled", async () => {
    const entry = { id: "orders.manual__x", execution_id: "orders.manual__x", delivery_id: null, failed_at: AT, message: "It failed.", state: "open", comment: null, settled_at: null, settled_by: null, redriven_as: null };
    const server = show(makeGroup(), {
      "GET /api/executions/orders.manual__x": () => ({ failure: { title: "The service is overloaded.", advice: "Wait, then start again." } }),
      "GET /api/dead-letters/g/entries": () => ({ entries: [entry], next_cursor: null }),
      "POST /api/dead-letters/g/discard": () => ({ settled: 1 }),
    });
    await userEvent.click(await screen.findByTestId("group-details"));
    expect(await screen.findByText("Wait, then start again.")).toBeInTheDocument();
    expect(screen.getByTestId("explanation")).toHaveTextContent("The service is overloaded.");
    await screen.findByTestId("dead-letter-entries");
    await press("discard-orders.manual__x");
    await userEvent.type(screen.getByTestId("discard-comment"), "By hand");
    await userEvent.click(screen.getByTestId("discard-submit"));
    await waitFor(() => expect(server.requests.find((one) => one.body)?.body).toEqual({ comment: "By hand", ids: ["orders.manual__x"] }));
  });

  it("says in plain words what went wrong, with the step's name and the newest message", async () => {
    show(makeGroup());
    const group = await screen.findByTestId("group-g");
    for (const text of ["The service is down", "step Pay", "It answered 503"]) expect(group).toHaveTextContent(text);
    expect(group).not.toHaveTextContent("answered 0");
  });

  it("shows those of one workflow, as the links of alerts ask for", async () => {
    const asked: (string | null)[] = [];
    fakeServer({
      "GET /api/session": () => makeSession(),
      "GET /api/dead-letters": ({ query }) => {
        asked.push(query.get("workflow_id"));
        return { groups: [makeGroup()], total_open: 1, next_cursor: null };
      },
    });
    renderEditor(<DeadLettersPage search="workflow=orders" />);
    await waitFor(() => expect(screen.getByTestId("dead-letters-of")).toHaveTextContent("Only those of Orders."));
    expect(asked[0]).toBe("orders");
  });

  it("offers nothing where none is open, nor to those who may not", async () => {
    show(makeGroup({ open: 0 }));
    await waitFor(() => expect(screen.getByTestId("discard-all")).toHaveAttribute("aria-disabled", "true"));
    await userEvent.click(screen.getByTestId("discard-all"));
    expect(screen.queryByTestId("discard-dialog")).toBeNull();
  });

  it("tells a failure from nothing", async () => {
    show(makeGroup(), { "GET /api/dead-letters": ({ query }) => (query.get("state") === "all" ? new FakeProblem(503, { detail: "The database is away." }) : { groups: [], total_open: 0, next_cursor: null }) });
    expect(await screen.findByTestId("no-dead-letters")).toBeInTheDocument();
    await userEvent.selectOptions(screen.getByTestId("dead-letter-state"), "all");
    expect(await screen.findByText("The database is away.")).toBeInTheDocument();
  });
});

describe("readRate", () => {
  it("takes whole numbers within the bounds only", () => {
    expect(["1", "6000", " 60 ", "0", "6001", "-1", "", "1.5"].map(readRate)).toEqual([1, 6000, 60, null, null, null, null, null]);
  });
});
