import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Issue } from "../api/types";
import { startAutosave } from "../store/draft";
import { useEditor } from "../store/editorStore";
import { useUi } from "../store/uiStore";
import { FakeProblem, fakeServer, type FakeRoute } from "../testing/fakeServer";
import { makeGraph, makeIssue, makeNode, makeSession, makeWorkflow } from "../testing/factories";
import { renderEditor } from "../testing/renderEditor";
import { PublishDialog } from "./PublishDialog";

const GRAPH = makeGraph([makeNode("a")]);
const RESULT = { dag_id: "orders", seq: 12, revision: 4, state: "runnable", reason: "", issues: [] };
let stop: () => void = () => undefined;

function show({ issues = [], publish = () => RESULT }: { issues?: Issue[]; publish?: FakeRoute } = {}) {
  const server = fakeServer({
    "GET /api/session": () => makeSession(),
    "GET /api/workflows/orders": () => makeWorkflow(GRAPH, { state: "published", version: 3, published_revision: 4 }),
    "PATCH /api/workflows/orders": () => makeWorkflow(GRAPH, { version: 3 }),
    "POST /api/workflows/orders/publish": publish,
  });
  useEditor.getState().setReadOnly(false);
  useEditor.getState().open(makeWorkflow(GRAPH, { version: 2, issues }));
  stop = startAutosave();
  const onClose = vi.fn();
  renderEditor(<PublishDialog onClose={onClose} drawIssues={(all) => <ul>{all.map((one) => <li key={one.code}>{one.code}</li>)}</ul>} />);
  return { server, onClose };
}

afterEach(() => {
  stop();
  useEditor.getState().close();
  useUi.setState({ dialog: null });
});

describe("PublishDialog", () => {
  it("publishes with a message and says that it can be run", async () => {
    const { server } = show();
    await userEvent.type(screen.getByTestId("publish-message"), "First one{Enter}");
    const result = await screen.findByTestId("publish-result");
    expect(result).toHaveAttribute("data-state", "runnable");
    expect(result).toHaveTextContent("4");
    expect(server.requests[server.calls.indexOf("POST /api/workflows/orders/publish")]?.body).toEqual({ message: "First one" });
    expect(useEditor.getState().workflow?.state).toBe("published");
    await userEvent.click(screen.getByTestId("publish-run"));
    expect(useUi.getState().dialog).toBe("run");
  });

  it("saves first what is drawn", async () => {
    const { server } = show();
    useEditor.getState().renameNode("a", "Other");
    await userEvent.click(screen.getByTestId("publish-submit"));
    await screen.findByTestId("publish-result");
    const done = server.calls.filter((call) => !call.startsWith("GET"));
    expect(done).toEqual(["PATCH /api/workflows/orders", "POST /api/workflows/orders/publish"]);
  });

  it("does not promise a run before the Dag can take one", async () => {
    show({ publish: () => ({ ...RESULT, state: "published", reason: "The Dag processor has to read it." }) });
    await userEvent.click(screen.getByTestId("publish-submit"));
    expect(await screen.findByTestId("publish-result")).toHaveAttribute("data-state", "published");
    expect(screen.queryByTestId("publish-run")).toBeNull();
  });

  it("is held up by errors, not by warnings", () => {
    show({ issues: [makeIssue()] });
    expect(screen.getByTestId("publish-submit")).toHaveAttribute("aria-disabled", "true");
    expect(screen.queryByTestId("publish-message")).toBeNull();
    expect(screen.getByText("missing-parameter")).toBeInTheDocument();
  });

  it("lets warnings through", async () => {
    show({ issues: [makeIssue({ severity: "warning" })] });
    await userEvent.click(screen.getByTestId("publish-submit"));
    expect(await screen.findByTestId("publish-result")).toBeInTheDocument();
  });

  it("shows the problems that only the server has found", async () => {
    show({ publish: () => new FakeProblem(422, { detail: "The graph has 1 error.", issues: [makeIssue({ code: "bad-jq" })] }) });
    await userEvent.click(screen.getByTestId("publish-submit"));
    expect(await screen.findByText("bad-jq")).toBeInTheDocument();
    expect(screen.getByRole("alert", { hidden: true })).toHaveTextContent("The graph has 1 error.");
    expect(useEditor.getState().workflow?.state).toBe("draft");
  });

  it("says why a draft that cannot be saved is not published", async () => {
    const { server } = show();
    useEditor.getState().renameNode("a", "Other");
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("network")));
    await userEvent.click(screen.getByTestId("publish-submit"));
    await waitFor(() => expect(screen.getByRole("alert", { hidden: true })).toHaveTextContent("The server cannot be reached."));
    expect(server.calls).not.toContain("POST /api/workflows/orders/publish");
  });
});
