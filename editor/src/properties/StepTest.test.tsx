import { act, fireEvent, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { StepTest } from "../api/stepTests";
import { useEditor } from "../store/editorStore";
import { useStepTests } from "../store/stepTests";
import { HTTP, MANUAL, makeGraph, makeNode, makeSession, makeWorkflow } from "../testing/factories";
import { FakeProblem, fakeServer, type FakeRoute } from "../testing/fakeServer";
import { makePause, makePauseState } from "../testing/queueFactories";
import { renderEditor } from "../testing/renderEditor";
import { PropertiesPanel } from "./PropertiesPanel";

beforeAll(() => {
  // jsdom draws no dialogs.
  HTMLDialogElement.prototype.showModal ??= vi.fn();
  HTMLDialogElement.prototype.close ??= vi.fn();
});

const START = "POST /api/workflows/orders/steps/get/test";
const READ = "GET /api/workflows/orders/steps/get/test/{id}";

function makeTest(patch: Partial<StepTest> = {}): StepTest {
  return {
    id: "test__1",
    workflow_id: "orders",
    node_id: "get",
    state: "success",
    created_at: "2026-01-05T09:00:00Z",
    started_at: "2026-01-05T09:00:01Z",
    ended_at: "2026-01-05T09:00:02Z",
    duration_s: 1.5,
    input: { url: "https://shop.test" },
    output: { price: 5 },
    error: null,
    failure: null,
    ports: ["success"],
    child_execution_id: null,
    airflow_url: "http://test",
    ...patch,
  };
}

/** start -> get -> total; the panel of a node of it. */
function show(routes: Record<string, FakeRoute> = {}, options: { node?: string; permissions?: Parameters<typeof makeSession>[0]; readOnly?: boolean; locale?: string } = {}) {
  const server = fakeServer({
    "GET /api/session": () => makeSession(options.permissions),
    "GET /api/workflows/{id}/permissions": () => makeSession(options.permissions).permissions,
    "GET /api/queue/pause": () => makePauseState(),
    "GET /api/executions": () => ({ executions: [], next_cursor: null }),
    "GET /api/expressions/language": () => ({ names: [], functions: [], filters: [], tests: [] }),
    [START]: () => ({ ...makeTest({ state: "queued", output: null, ports: [] }), sources: { trigger: "example" } }),
    [READ]: () => makeTest(),
    ...routes,
  });
  const graph = makeGraph([makeNode("start", { type: "manual" }), makeNode("get"), makeNode("total")], ["start->get", "get->total"]);
  const editor = useEditor.getState();
  editor.setNodeTypes([{ ...MANUAL, testable: false, untestable: "A trigger starts a run.", untestable_ru: "Триггер начинает запуск." }, { ...HTTP, testable: true, untestable: "", untestable_ru: "" }]);
  editor.open(makeWorkflow(graph));
  editor.setReadOnly(options.readOnly ?? false);
  renderEditor(<PropertiesPanel nodeId={options.node ?? "get"} onClose={() => undefined} readOnly={options.readOnly ?? false} />, { locale: options.locale ?? "en" });
  return server;
}

async function mayBegin(): Promise<HTMLElement> {
  await waitFor(() => expect(screen.getByTestId("test-step")).not.toHaveAttribute("aria-disabled"));
  return screen.getByTestId("test-step");
}

const pinnedTo = (id: string) => useEditor.getState().graph?.nodes.find((node) => node.id === id)?.pinned;

beforeEach(() => {
  localStorage.clear();
  useEditor.getState().close();
  useStepTests.setState({ sources: {}, usePins: {}, texts: {}, items: {}, runs: {}, asked: null });
});

describe("a step's test", () => {
  it("runs, and its output can be pinned and undone", async () => {
    const answers = [makeTest({ state: "running", duration_s: null, output: null }), makeTest()];
    const server = show({ [READ]: () => answers.shift() ?? makeTest() });
    await userEvent.click(await mayBegin());
    await waitFor(() => expect(screen.getByTestId("test-state")).toHaveTextContent("Running"));
    await waitFor(() => expect(screen.getByTestId("test-state")).toHaveTextContent("Succeeded in 1.5 s"), { timeout: 5000 });
    expect(screen.getByTestId("test-state")).toHaveTextContent("goes on by: success");
    expect(screen.getByTestId("test-output")).toHaveTextContent("price");
    expect(server.requests.find((one) => one.body !== null)?.body).toEqual({});

    await userEvent.click(screen.getByTestId("pin-output"));
    expect(pinnedTo("get")).toEqual({ output: { price: 5 }, execution_id: null });
    expect(screen.getByTestId("pinned-note")).toHaveTextContent("runs do not see it");
    act(() => useEditor.getState().undo());
    expect(pinnedTo("get")).toBeUndefined();
    expect(screen.getByTestId("test-output")).toHaveTextContent("price");
    act(() => useEditor.getState().redo());
    expect(pinnedTo("get")).toBeDefined();
    await userEvent.click(screen.getByTestId("unpin"));
    expect(pinnedTo("get")).toBeUndefined();
  });

  it("tells in plain words why it failed, and what it wrote", async () => {
    const failure = { node_id: "get", node_name: "get", code: "http-status", category: "sign_in", title: "The service refused to let us in.", message: "It answered 401.", tried: "", advice: "Check the password.", detail: { status: 401 }, fingerprint: "x" } as const;
    show({
      [READ]: () => makeTest({ state: "failed", output: null, ports: [], error: { code: "http-status", message: "It answered 401." }, failure }),
      "GET /api/workflows/orders/steps/get/test/{id}/logs": () => ({ lines: [{ timestamp: null, level: "info", message: "Asking the shop" }], next_token: null, done: true, try_number: 1 }),
    });
    await userEvent.click(await mayBegin());
    expect(await screen.findByText(/The service refused to let us in/)).toBeInTheDocument();
    expect(screen.getByText(/Check the password/)).toBeInTheDocument();
    expect(screen.queryByTestId("pin-output")).toBeNull();
    await userEvent.click(screen.getByTestId("tab-test-log"));
    expect(await screen.findByText("Asking the shop")).toBeInTheDocument();
  });

  it("can be stopped while it runs", async () => {
    const server = show({ [READ]: () => makeTest({ state: "running", duration_s: null }), "DELETE /api/workflows/orders/steps/get/test/{id}": () => makeTest({ state: "failed" }) });
    await userEvent.click(await mayBegin());
    await waitFor(() => expect(screen.getByTestId("test-stop")).not.toHaveAttribute("aria-disabled"));
    await userEvent.click(screen.getByTestId("test-stop"));
    await waitFor(() => expect(screen.getByTestId("test-state")).toHaveTextContent("Stopped."));
    expect(server.calls).toContain("DELETE /api/workflows/orders/steps/get/test/test__1");
    expect(screen.getByTestId("test-step")).toHaveTextContent("Test again");
  });

  it("says which data is missing, and how many tests are allowed", async () => {
    const issue = { code: "sample-missing", message: 'Node "get": there is no sample data of step "a".', severity: "error", node_id: "get", edge_id: null, field: null };
    const answers = [new FakeProblem(422, { code: "graph-invalid", detail: "It cannot be tested.", issues: [issue] }), new FakeProblem(429, { code: "too-many-step-tests", detail: "Too many.", limit: 4 })];
    show({ [START]: () => answers.shift() });
    await userEvent.click(await mayBegin());
    expect(await screen.findByTestId("test-refused")).toHaveTextContent('no sample data of step "a"');
    await userEvent.click(screen.getByTestId("test-step"));
    await waitFor(() => expect(screen.getByTestId("test-refused")).toHaveTextContent("4 of your tests are waiting or running"));
  });

  it("begins by the keyboard, from a field of the form as well", async () => {
    const server = show();
    await mayBegin();
    fireEvent.keyDown(screen.getByTestId("node-name"), { key: "Enter", code: "Enter", ctrlKey: true, shiftKey: true });
    await waitFor(() => expect(server.calls).toContain(START));
    expect(await screen.findByTestId("test-output")).toBeInTheDocument();
  });

  it("begins when a key on the canvas asks for it, once", async () => {
    const server = show();
    await mayBegin();
    act(() => useStepTests.getState().ask("total"));
    act(() => useStepTests.getState().ask("get"));
    await waitFor(() => expect(server.calls.filter((call) => call === START)).toHaveLength(1));
    expect(useStepTests.getState().asked).toBeNull();
  });
});

describe("why a step cannot be tested", () => {
  it.each([
    ["edit", "not change them"],
    ["publish", "may not publish"],
    ["run", "may not start executions"],
  ] as const)("names the right to %s", async (right, text) => {
    const server = show({}, { permissions: { [right]: false } });
    await waitFor(() => expect(screen.getByTestId("test-refusal")).toHaveTextContent(text));
    await userEvent.click(screen.getByTestId("test-step"));
    expect(server.calls).not.toContain(START);
  });

  it("names who has paused all work, and why", async () => {
    show({ "GET /api/queue/pause": () => makePauseState({ pause: makePause() }) });
    await waitFor(() => expect(screen.getByTestId("test-refusal")).toHaveTextContent(/All work is paused.*by bob.*The shop is down/));
    expect(screen.getByTestId("test-step")).toHaveAttribute("aria-disabled", "true");
  });

  it("does not mind a pause of its workflow alone", async () => {
    show({ "GET /api/queue/pause": () => makePauseState({ workflows: [makePause({ workflow_id: "orders" })] }) });
    await mayBegin();
  });

  it("names what a node type says, in the reader's language", async () => {
    show({}, { node: "start", locale: "ru" });
    expect(await screen.findByText("Триггер начинает запуск.")).toBeInTheDocument();
  });

  it("asks to decide a conflict first", async () => {
    show();
    act(() => useEditor.getState().setSaveState("conflict"));
    await waitFor(() => expect(screen.getByTestId("test-refusal")).toHaveTextContent("Decide first whose draft to keep"));
  });
});

describe("what the step sees", () => {
  const plan = { testable: true, reason: null, data: { trigger: { body: { id: 7 } }, steps: {} }, sources: { trigger: "delivery", start: "pinned" }, missing: ["gone"] };

  it("is a delivery that was chosen, a caught test call too", async () => {
    const deliveries = [
      { id: "d1", received_at: "2026-01-05T09:00:00Z", node_id: "hook", kind: "webhook", state: "captured" },
      { id: "d2", received_at: "2026-01-05T08:00:00Z", node_id: "hook", kind: "webhook", state: "dispatched" },
    ];
    const server = show({ "GET /api/deliveries": () => ({ deliveries, next_cursor: null }), "GET /api/workflows/orders/steps/get/test": () => plan });
    await mayBegin();
    await userEvent.click(screen.getByTestId("test-data"));
    await userEvent.selectOptions(screen.getByTestId("test-source"), "delivery");
    expect(screen.getByTestId("test-step")).toHaveAttribute("aria-disabled", "true");
    expect(await screen.findByRole("option", { name: /hook · test call/ })).toBeInTheDocument();
    await userEvent.selectOptions(screen.getByTestId("test-delivery-choice"), "d1");
    await waitFor(() => expect(screen.getByTestId("test-seen")).toHaveTextContent(/trigger.*delivery/));
    expect(screen.getByTestId("test-seen")).toHaveTextContent(/gone.*no data/);
    await userEvent.click(screen.getByTestId("test-step"));
    await waitFor(() => expect(server.requests.some((one) => JSON.stringify(one.body) === '{"delivery_id":"d1"}')).toBe(true));
  });

  it("is what was typed, filled in from what is known", async () => {
    const server = show({ "GET /api/workflows/orders/steps/get/test": () => plan });
    await mayBegin();
    await userEvent.click(screen.getByTestId("test-data"));
    await userEvent.selectOptions(screen.getByTestId("test-source"), "json");
    await userEvent.click(screen.getByTestId("test-fill"));
    await waitFor(() => expect(useStepTests.getState().texts["orders/get"]).toContain('"id": 7'));
    await userEvent.click(screen.getByTestId("test-step"));
    await waitFor(() => expect(server.requests.find((one) => one.body !== null)?.body).toEqual({ data: plan.data }));
  });
});

describe("pinning", () => {
  const execution = {
    id: "orders.manual__1",
    state: "success",
    started_at: "2026-01-05T09:00:00Z",
    trigger: { type: "manual", body: {} },
    steps: [{ node_id: "get", state: "success", output: null, omitted: ["output"], error: null }],
  };

  it("takes the whole of an output that is shown cut off, and its run's id", async () => {
    show({
      "GET /api/executions": () => ({ executions: [{ id: execution.id }], next_cursor: null }),
      "GET /api/executions/{id}": () => execution,
      "GET /api/executions/{id}/steps/get": () => ({ node_id: "get", output: { whole: true } }),
    });
    await mayBegin();
    await userEvent.click(screen.getByTestId("tab-data"));
    await userEvent.click(await screen.findByTestId("pin-output"));
    await waitFor(() => expect(pinnedTo("get")).toEqual({ output: { whole: true }, execution_id: execution.id }));
  });

  it("opens what is too large for cutting down, with its size", async () => {
    show({ [READ]: () => makeTest({ output: "x".repeat(140_000) }) });
    await userEvent.click(await mayBegin());
    await userEvent.click(await screen.findByTestId("pin-output"));
    expect(await screen.findByTestId("pin-dialog")).toBeInTheDocument();
    await userEvent.click(screen.getByTestId("pin-save"));
    expect(await screen.findByTestId("pin-fault")).toHaveTextContent("at most 128 KiB");
    expect(pinnedTo("get")).toBeUndefined();
  });

  it("is refused to readers, and says why", async () => {
    show({}, { permissions: { edit: false }, readOnly: true });
    await userEvent.click(screen.getByTestId("tab-data"));
    await waitFor(() => expect(screen.getByTestId("pin-edit")).toHaveAttribute("aria-disabled", "true"));
    await userEvent.click(screen.getByTestId("pin-edit"));
    expect(screen.queryByTestId("pin-dialog")).toBeNull();
  });
});
