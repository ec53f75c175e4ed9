import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeProblem, fakeServer, type FakeServer } from "../testing/fakeServer";
import { makeGraph, makeIssue, makeNode, makeWorkflow } from "../testing/factories";
import { keepMine, saveNow, startAutosave, takeTheirs } from "./draft";
import { useEditor } from "./editorStore";

const store = () => useEditor.getState();
const nodeNames = () => store().graph?.nodes.map((node) => node.name);
const THEIRS = makeWorkflow(makeGraph([makeNode("a", { name: "Theirs" })]), { version: 9, updated_by: "bob" });

let server: FakeServer;
let stale: boolean;
let stop: () => void;

beforeEach(() => {
  stale = false;
  server = fakeServer({
    "PATCH /api/workflows/{id}": ({ body }) =>
      stale
        ? new FakeProblem(412, { code: "stale-version", detail: "bob has saved version 9." })
        : makeWorkflow((body as { graph: ReturnType<typeof makeGraph> }).graph, { version: 10, issues: [makeIssue()] }),
    "GET /api/workflows/{id}": () => THEIRS,
  });
  store().setReadOnly(false);
  store().open(makeWorkflow(makeGraph([makeNode("a", { name: "Mine" })]), { version: 3 }));
  stop = startAutosave();
});
afterEach(() => {
  stop();
  store().close();
});

async function conflict(): Promise<void> {
  stale = true;
  store().renameNode("a", "Mine too");
  expect(await saveNow()).toBe(false);
  expect(store().saveState).toBe("conflict");
  stale = false;
}

describe("the open draft", () => {
  it("is saved over the version that it grew from, and brings its issues back", async () => {
    store().renameNode("a", "Other");
    expect(await saveNow()).toBe(true);
    expect(server.calls).toEqual(["PATCH /api/workflows/orders"]);
    expect(store()).toMatchObject({ saveState: "saved", workflow: { version: 10 }, issues: [{ code: "missing-parameter" }] });
  });

  it("says in the server's words why it was not saved", async () => {
    await conflict();
    expect(store().saveError).toBe("bob has saved version 9.");
    expect(nodeNames()).toEqual(["Mine too"]);
  });

  it("keeps mine over theirs, and theirs one undo away", async () => {
    await conflict();
    await keepMine();
    expect(nodeNames()).toEqual(["Mine too"]);
    await vi.waitFor(() => expect(store().saveState).toBe("saved"));
    expect(server.requests.at(-1)?.body).toMatchObject({ graph: { nodes: [{ name: "Mine too" }] } });
    store().undo();
    expect(nodeNames()).toEqual(["Theirs"]);
    store().redo();
    expect(nodeNames()).toEqual(["Mine too"]);
  });

  it("takes theirs without sending anything, and mine is one undo away", async () => {
    await conflict();
    const asked = server.calls.length;
    await takeTheirs();
    expect(nodeNames()).toEqual(["Theirs"]);
    expect(store()).toMatchObject({ saveState: "saved", workflow: { version: 9 } });
    expect(await saveNow()).toBe(true);
    expect(server.calls.slice(asked)).toEqual(["GET /api/workflows/orders"]);
    store().undo();
    expect(nodeNames()).toEqual(["Mine too"]);
    expect(await saveNow()).toBe(true);
    expect(store().workflow?.version).toBe(10);
  });

  it("is sent when the page is left", async () => {
    store().renameNode("a", "Last words");
    stop();
    await vi.waitFor(() => expect(server.requests.at(-1)?.body).toMatchObject({ graph: { nodes: [{ name: "Last words" }] } }));
  });
});
