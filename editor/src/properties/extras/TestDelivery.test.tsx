import { cleanup, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { useEditor } from "../../store/editorStore";
import { makeGraph, makeNode, makeSession, makeWorkflow } from "../../testing/factories";
import { fakeServer } from "../../testing/fakeServer";
import { renderEditor } from "../../testing/renderEditor";
import { TestDelivery } from "./TestDelivery";

vi.mock("../../store/draft", () => ({ saveNow: () => Promise.resolve(true) }));

const IDLE = { workflow_id: "orders", node_id: "hook", url: "u", test_url: "t", listening: false, until: null, delivery: null, outcome: null, refusals: [] };
const LISTENING = { ...IDLE, listening: true, until: new Date(Date.now() + 300_000).toISOString() };
const REFUSAL = { received_at: "2026-01-05T09:00:00Z", method: "POST", path: "", client: null, status: 401, code: "webhook-signature-wrong", message: "The signature does not fit the body.", headers: { "x-sig": "abc" } };
const DELIVERY = {
  id: "d1",
  method: "POST",
  received_at: "2026-01-05T09:00:00Z",
  headers: { "x-source": "till" },
  query: { shop: "1" },
  body: { id: 7 },
  truncated: false,
  files: [],
};

function show(answers: object[], { readOnly = false, edit = true, unsaved = false } = {}) {
  const node = makeNode("hook", { type: "webhook", parameters: { path: "x", sample_payload: { old: 1 } } });
  useEditor.getState().close();
  useEditor.getState().setReadOnly(false);
  useEditor.getState().open(makeWorkflow(makeGraph([node])));
  if (unsaved) useEditor.getState().setSaveState("unsaved");
  let at = 0;
  const server = fakeServer({
    "GET /api/session": () => makeSession({ edit }),
    "GET /api/workflows/orders/triggers/hook/listen": () => answers[Math.min(at++, answers.length - 1)],
    "POST /api/workflows/orders/triggers/hook/listen": () => LISTENING,
  });
  renderEditor(<TestDelivery node={node} workflowId="orders" readOnly={readOnly} />);
  return server;
}

describe("TestDelivery", () => {
  it("listens, tells who was not let in and why, and shows what was caught", async () => {
    show([IDLE, { ...LISTENING, refusals: [REFUSAL] }, { ...IDLE, until: LISTENING.until, delivery: DELIVERY, outcome: { verdict: "skipped", issues: [] } }]);
    await waitFor(() => expect(screen.getByTestId("listen")).not.toHaveAttribute("aria-disabled"));
    await userEvent.click(screen.getByTestId("listen"));
    expect(await screen.findByText(/Listening for the next call/)).toBeInTheDocument();
    expect(await screen.findByText("The signature does not fit the body.", {}, { timeout: 5000 })).toBeInTheDocument();
    expect(await screen.findByTestId("test-caught", {}, { timeout: 5000 })).toHaveTextContent("The filter would not let it pass");
    expect(screen.queryByTestId("listen-stop")).toBeNull();
  }, 15_000);

  it("asks for a node only when the server can know it", async () => {
    const server = show([IDLE]);
    await waitFor(() => expect(server.requests.filter((one) => one.path.endsWith("/listen"))).toHaveLength(1));
    cleanup();
    const later = show([IDLE], { unsaved: true });
    await screen.findByTestId("listen");
    expect(later.requests.filter((one) => one.path.endsWith("/listen"))).toHaveLength(0);
    useEditor.getState().setSaveState("saved");
    await waitFor(() => expect(later.requests.filter((one) => one.path.endsWith("/listen"))).toHaveLength(1));
  });

  it("writes the body as sample data and leaves the other parameters alone", async () => {
    show([{ ...IDLE, delivery: DELIVERY, outcome: { verdict: "run", issues: [] } }]);
    await userEvent.click(await screen.findByTestId("use-sample"));
    expect(useEditor.getState().graph?.nodes[0]?.parameters).toEqual({ path: "x", sample_payload: { id: 7 } });
  });

  it("keeps no body that is cut off as a sample", async () => {
    show([{ ...IDLE, delivery: { ...DELIVERY, truncated: true, body: '{"id": 7' }, outcome: null }]);
    const button = await screen.findByTestId("use-sample");
    expect(button).toHaveAttribute("aria-disabled", "true");
    await userEvent.click(button);
    expect(useEditor.getState().graph?.nodes[0]?.parameters["sample_payload"]).toEqual({ old: 1 });
  });

  it("asks nobody to listen who may not edit", async () => {
    const server = show([IDLE], { readOnly: true, edit: false });
    const button = await screen.findByTestId("listen");
    await userEvent.click(button);
    expect(button).toHaveAttribute("aria-disabled", "true");
    expect(server.calls.some((call) => call.startsWith("POST"))).toBe(false);
  });
});
