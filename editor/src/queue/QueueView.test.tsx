import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { makeSession } from "../testing/factories";
import { FakeProblem, fakeServer, type FakeRoute } from "../testing/fakeServer";
import { makePause, makePauseState, makeQueueItem, makeQueueStats, makeWorkflowQueue } from "../testing/queueFactories";
import { renderEditor } from "../testing/renderEditor";
import { readPriority } from "./priority";
import { QueueView } from "./QueueView";

beforeAll(() => {
  // jsdom draws no dialogs.
  HTMLDialogElement.prototype.showModal ??= vi.fn();
  HTMLDialogElement.prototype.close ??= vi.fn();
});

function show(routes: Record<string, FakeRoute>, options: { operate?: boolean; locale?: string; workflowId?: string } = {}) {
  const server = fakeServer({
    "GET /api/session": () => makeSession({ operate: options.operate ?? true }),
    "GET /api/queue/stats": () => makeQueueStats(),
    "GET /api/queue/state": () => ({ items: [], next_cursor: null }),
    ...routes,
  });
  renderEditor(<QueueView workflowId={options.workflowId ?? null} />, options.locale ? { locale: options.locale } : {});
  return server;
}

function sent(server: ReturnType<typeof fakeServer>, path: string) {
  return server.requests.filter((one) => one.path === path && one.body !== null).map((one) => one.body);
}

describe("QueueView", () => {
  it("pauses everything with the reason that was given", async () => {
    const server = show({ "POST /api/queue/pause": () => makePauseState({ pause: makePause() }) });
    await waitFor(() => expect(screen.getByTestId("pause-all")).not.toHaveAttribute("aria-disabled"));
    await userEvent.click(screen.getByTestId("pause-all"));
    await userEvent.type(screen.getByTestId("pause-reason"), " The shop is down ");
    await userEvent.click(screen.getByTestId("pause-submit"));
    await waitFor(() => expect(screen.queryByTestId("pause-dialog")).toBeNull());
    expect(sent(server, "/api/queue/pause")).toEqual([{ paused: true, reason: "The shop is down" }]);
  });

  it("lets who may operate one workflow hold that one, and neither others nor everything", async () => {
    const server = show(
      {
        "GET /api/session/workflows": () => ({ action: "operate", all: false, workflow_ids: ["orders"] }),
        "GET /api/queue/stats": () => makeQueueStats({ workflows: [makeWorkflowQueue(), makeWorkflowQueue({ workflow_id: "bills", workflow_name: "Bills" })] }),
        "POST /api/queue/pause": () => makePauseState(),
      },
      { operate: false },
    );
    await waitFor(() => expect(server.calls).toContain("GET /api/session/workflows"));
    expect(await screen.findByTestId("pause-all")).toHaveAttribute("aria-disabled", "true");
    await userEvent.click(await screen.findByTestId("queue-menu-bills"));
    expect(screen.getByRole("menuitem", { name: /Pause/, hidden: true })).toHaveAttribute("aria-disabled", "true");
    await userEvent.keyboard("{Escape}");
    await userEvent.click(screen.getByTestId("queue-menu-orders"));
    await userEvent.click(screen.getByRole("menuitem", { name: /Pause/, hidden: true }));
    await userEvent.click(screen.getByTestId("pause-submit"));
    await waitFor(() => expect(sent(server, "/api/queue/pause")).toEqual([{ paused: true, reason: "", workflowId: "orders" }]));
  });

  it("drains when maintenance is chosen, and keeps the dialog with what the server refused", async () => {
    const server = show({ "POST /api/queue/drain": () => new FakeProblem(503, { detail: "The database is away." }) });
    await waitFor(() => expect(screen.getByTestId("pause-all")).not.toHaveAttribute("aria-disabled"));
    await userEvent.click(screen.getByTestId("pause-all"));
    await userEvent.click(screen.getByTestId("choose-drain"));
    await userEvent.click(screen.getByTestId("pause-submit"));
    expect(await within(screen.getByTestId("pause-dialog")).findByText("The database is away.")).toBeInTheDocument();
    expect(sent(server, "/api/queue/drain")).toEqual([{ reason: "" }]);
    expect(server.calls).not.toContain("POST /api/queue/pause");
  });

  it("tells why each waits, and lets the held one through", async () => {
    const free = makeQueueItem({ execution_id: "orders.manual__two", reasons: [{ code: "no-worker", text: "No worker is free.", text_ru: "", until: null, detail: {} }] });
    const server = show({
      "GET /api/queue/stats": () => makeQueueStats({ pause: makePause(), let_through: [] }),
      "GET /api/queue/state": () => ({ items: [makeQueueItem(), free], next_cursor: null }),
      "POST /api/queue/process": () => ({ execution_id: "orders.manual__one", workflow_id: "orders", asked_by: "ann", asked_at: "2026-01-05T09:00:00Z", state: "open" }),
    });
    const held = await screen.findByTestId("waits-orders.manual__one");
    expect(held).toHaveTextContent("All workflows are paused by bob.");
    expect(held).toHaveTextContent("1 min 5 s");
    expect(screen.getByTestId("waits-orders.manual__two")).toHaveTextContent("No worker is free.");
    await userEvent.click(screen.getByTestId("waits-menu-orders.manual__two"));
    expect(screen.getByRole("menuitem", { name: /Let through/, hidden: true })).toHaveAttribute("aria-disabled", "true");
    await userEvent.keyboard("{Escape}");
    await userEvent.click(screen.getByTestId("waits-menu-orders.manual__one"));
    await userEvent.click(screen.getByRole("menuitem", { name: /Let through/, hidden: true }));
    await waitFor(() => expect(sent(server, "/api/queue/process")).toEqual([{ executionId: "orders.manual__one" }]));
  });

  it("resumes one workflow, and asks for what waits of it only", async () => {
    const server = show(
      {
        "GET /api/queue/stats": () => makeQueueStats({ workflows: [makeWorkflowQueue({ paused: true, pause: makePause({ workflow_id: "orders", reason: "Bad data" }) })] }),
        "POST /api/queue/pause": () => makePauseState(),
      },
      { workflowId: "orders" },
    );
    expect(await screen.findByTestId("queue-of-orders")).toHaveTextContent("Bad data");
    await waitFor(() => expect(server.requests.find((one) => one.path === "/api/queue/state")?.query.get("workflow_id")).toBe("orders"));
    await userEvent.click(screen.getByTestId("queue-menu-orders"));
    await userEvent.click(screen.getByRole("menuitem", { name: "Resume", hidden: true }));
    await waitFor(() => expect(sent(server, "/api/queue/pause")).toEqual([{ paused: false, reason: "", workflowId: "orders" }]));
  });

  it("lets nobody pause who may not, and says so", async () => {
    const server = show({}, { operate: false });
    const button = await screen.findByTestId("pause-all");
    await waitFor(() => expect(button).toHaveAttribute("aria-disabled", "true"));
    await userEvent.click(button);
    expect(screen.queryByTestId("pause-dialog")).toBeNull();
    expect(server.calls.some((call) => call.startsWith("POST"))).toBe(false);
  });

  it("shows Celery's broker and workers, and that none answered", async () => {
    const broker = { status: "ok" as const, error: null, queues: [{ name: "default", depth: 7 }], workers: [], checked_at: "2026-01-05T09:00:00Z" };
    show({ "GET /api/queue/stats": () => makeQueueStats({ executor: { name: "CeleryExecutor", parallelism: 32, occupied: 3, broker } }) });
    const parts = await screen.findByTestId("machinery");
    expect(parts).toHaveTextContent("7 messages");
    expect(parts).toHaveTextContent("No worker answered");
  });

  it("speaks Russian, with the server's Russian reasons", async () => {
    show({ "GET /api/queue/state": () => ({ items: [makeQueueItem()], next_cursor: null }) }, { locale: "ru" });
    expect(await screen.findByText("Все процессы приостановлены: bob.")).toBeInTheDocument();
  });
});

describe("readPriority", () => {
  it("takes whole numbers within the bounds only", () => {
    expect(["5", " -10 ", "10", "11", "-11", "1.5", "", "x"].map(readPriority)).toEqual([5, -10, 10, null, null, null, null, null]);
  });
});
