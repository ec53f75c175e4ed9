import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { FakeProblem, fakeServer } from "../testing/fakeServer";
import { renderEditor } from "../testing/renderEditor";
import { RunPanel } from "./RunPanel";
import type { Execution, Step } from "./types";

function step(patch: Partial<Step> & { node_id: string }): Step {
  return {
    name: patch.node_id,
    type: "http.request",
    state: "success",
    tries: 1,
    max_tries: 1,
    started_at: "2026-01-01T00:00:00Z",
    ended_at: "2026-01-01T00:00:01Z",
    duration_s: 1,
    input: null,
    output: null,
    error: null,
    omitted: [],
    ...patch,
  } as Step;
}

function attempt(number: number) {
  return { try_number: number, state: "failed", duration_s: 1, error: null, log_available: false, airflow_url: "/dags/orders" } as NonNullable<Step["attempts"]>[number];
}

function execution(patch: Partial<Execution>): Execution {
  return {
    id: "orders.manual__1",
    workflow_id: "orders",
    workflow_name: "Orders",
    run_id: "manual__1",
    state: "success",
    trigger_type: "manual",
    trigger: { type: "manual" },
    revision: 3,
    seq: 7,
    created_at: "2026-01-01T00:00:00Z",
    started_at: "2026-01-01T00:00:00Z",
    ended_at: "2026-01-01T00:00:02Z",
    duration_s: 2,
    error: null,
    waits_for: null,
    cancelled_at: null,
    cancelled_by: null,
    airflow_url: "/dags/orders/runs/manual__1",
    graph: null,
    steps: [],
    ...patch,
  } as Execution;
}

const ROUTE = "GET /api/executions/{id}";
const SESSION = { "GET /api/session": () => ({ user: { id: "ann", name: "ann" }, permissions: { run: true, answer: true } }) };

function show(selectedNodeId: string | null = null) {
  const onSelectNode = vi.fn();
  renderEditor(<RunPanel executionId="orders.manual__1" selectedNodeId={selectedNodeId} onSelectNode={onSelectNode} />);
  return onSelectNode;
}

describe("RunPanel", { timeout: 30_000 }, () => {
  it("tells what the execution answered, and leads to the step that did", async () => {
    const user = userEvent.setup();
    const result = { node_id: "answer", status: 201, content: "json", body: { id: 7 }, headers: {}, omitted: false };
    fakeServer({ ...SESSION, [ROUTE]: () => execution({ result, steps: [step({ node_id: "answer", type: "respond" })] }) });
    const onSelectNode = show();
    const line = await screen.findByTestId("run-result");
    expect(line).toHaveTextContent('Result201{"id":7}');
    await user.click(line);
    expect(onSelectNode).toHaveBeenCalledWith("answer");
  });

  it("reads the run until it has ended, and not after that", async () => {
    let reads = 0;
    const server = fakeServer({
      ...SESSION,
      [ROUTE]: () => {
        reads += 1;
        return execution(reads < 3 ? { state: "running", duration_s: null, ended_at: null, steps: [step({ node_id: "get", state: "running" })] } : { steps: [step({ node_id: "get", output: { id: 7 } })] });
      },
    });
    show();
    expect(await screen.findByText("Running", { selector: "[data-testid=execution-state]" })).toBeInTheDocument();
    await waitFor(() => expect(screen.getByTestId("run-panel")).toHaveAttribute("data-state", "success"), { timeout: 5000 });
    expect(await screen.findByTestId("json-steps.get.id")).toHaveTextContent("7");
    const asked = server.calls.filter((call) => call.startsWith(ROUTE.slice(0, 20))).length;
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(server.calls.filter((call) => call.startsWith(ROUTE.slice(0, 20)))).toHaveLength(asked);
  });

  it("opens at the step that failed and says what to do", async () => {
    fakeServer({
      ...SESSION,
      [ROUTE]: () =>
        execution({
          state: "failed",
          steps: [
            step({ node_id: "get", output: { id: 7 } }),
            step({ node_id: "post", name: "Post order", state: "failed", error: { type: "StepError", code: "http-status", message: "It answered 401.", detail: { status: 401 }, try_number: 1 } }),
          ],
        }),
    });
    show();
    const error = await screen.findByTestId("step-error");
    expect(within(error).getByText("It answered 401.")).toBeInTheDocument();
    expect(within(error).getByText(/Check the credentials in the connection/)).toBeInTheDocument();
    expect(within(error).getByTestId("step-error-code")).toHaveTextContent("http-status");
  });

  it("moves through the steps with the keyboard", async () => {
    const user = userEvent.setup();
    fakeServer({ ...SESSION, [ROUTE]: () => execution({ steps: [step({ node_id: "a" }), step({ node_id: "b" })] }) });
    const onSelectNode = show("a");
    (await screen.findByTestId("step-row-a")).focus();
    await user.keyboard("{ArrowDown}");
    expect(onSelectNode).toHaveBeenCalledWith("b");
  });

  it("reads data that is too large only on request", async () => {
    const user = userEvent.setup();
    const server = fakeServer({
      ...SESSION,
      [ROUTE]: () => execution({ steps: [step({ node_id: "a", omitted: ["output"] })] }),
      "GET /api/executions/{id}/steps/{node}": () => step({ node_id: "a", output: { big: true } }),
    });
    show();
    await user.click(await screen.findByRole("button", { name: "Read all of it" }));
    expect(await screen.findByTestId("json-steps.a.big")).toBeInTheDocument();
    expect(server.calls).toContain("GET /api/executions/orders.manual__1/steps/a");
  });

  it("shows what each of several tries was given", async () => {
    const user = userEvent.setup();
    const tries = [1, 2].map((number) => attempt(number));
    fakeServer({
      ...SESSION,
      [ROUTE]: () => execution({ steps: [step({ node_id: "a", tries: 2, attempts: tries })] }),
      "GET /api/executions/{id}/steps/{node}": () => step({ node_id: "a", tries: 2, attempts: tries.map((one) => ({ ...one, input: { n: one.try_number } })) }),
    });
    show();
    await user.click(await screen.findByRole("tab", { name: /Tries/ }));
    expect(await screen.findByTestId("try-1-input")).toHaveTextContent("n1");
    expect(screen.getByTestId("try-2-input")).toHaveTextContent("n2");
  });

  it("cancels", async () => {
    const user = userEvent.setup();
    const server = fakeServer({
      ...SESSION,
      [ROUTE]: () => execution({ state: "running", duration_s: null, steps: [step({ node_id: "a", state: "running" })] }),
      "POST /api/executions/{id}/cancel": () => execution({ state: "cancelled", cancelled_by: "Ann", steps: [step({ node_id: "a", state: "cancelled" })] }),
    });
    show();
    await user.click(await screen.findByTestId("cancel-run"));
    expect(await screen.findByText("Cancelled by Ann")).toBeInTheDocument();
    expect(server.calls).toContain("POST /api/executions/orders.manual__1/cancel");
  });

  it("says that a run is gone", async () => {
    fakeServer({ ...SESSION, [ROUTE]: () => new FakeProblem(404, { detail: "No execution.", code: "execution-not-found" }) });
    show();
    expect(await screen.findByText("This run does not exist any more.")).toBeInTheDocument();
  });

  it("leads to the execution that has started it", async () => {
    const trigger = { type: "workflow", parent: { workflow_id: "quote", execution_id: "quote.manual__9", node_id: "ask" } };
    fakeServer({ ...SESSION, [ROUTE]: () => execution({ trigger_type: "workflow", trigger, steps: [step({ node_id: "a" })] }) });
    show();
    const link = await screen.findByTestId("parent-execution");
    expect(link).toHaveTextContent("started by quote, step ask");
    expect(link).toHaveAttribute("href", expect.stringContaining("quote.manual__9"));
  });
});
