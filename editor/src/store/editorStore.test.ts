import { beforeEach, describe, expect, it } from "vitest";
import { HTTP, MANUAL, makeEdge, makeGraph, makeNode, makeNodeType, makeWorkflow } from "../testing/factories";
import { selectedNodeId, useEditor } from "./editorStore";

const store = () => useEditor.getState();
const edges = () => store().graph?.edges.map((edge) => `${edge.source}.${edge.source_port}->${edge.target}`);
const ids = () => store().graph?.nodes.map((node) => node.id);

beforeEach(() => {
  store().close();
  store().setReadOnly(false);
  store().setNodeTypes([MANUAL, HTTP]);
  store().open(makeWorkflow(makeGraph([makeNode("start", { type: "manual" }), makeNode("a"), makeNode("b")], ["start->a", "a->b"])));
});

describe("adding", () => {
  it("gives a new node an id and a name of its own, its defaults, and selects it", () => {
    const first = store().addNode(HTTP.type, { x: 10.4, y: 20.6 });
    const second = store().addNode(HTTP.type, { x: 0, y: 0 });
    expect([first, second]).toEqual(["http_request", "http_request_2"]);
    expect(store().graph?.nodes.at(-2)).toMatchObject({ name: "HTTP request", parameters: { method: "GET" }, position: { x: 10, y: 21 } });
    expect(store().graph?.nodes.at(-1)?.name).toBe("HTTP request 2");
    expect(store().graph?.nodes.at(-1)?.parameters).not.toBe(HTTP.default_parameters);
    expect(selectedNodeId(store())).toBe("http_request_2");
  });

  it("connects it after a port, or puts it into an edge", () => {
    store().addNode(HTTP.type, { x: 0, y: 0 }, { from: { node: "b", port: "error" } });
    expect(edges()).toContain("b.error->http_request");
    store().addNode(HTTP.type, { x: 0, y: 0 }, { into: makeEdge("start->a") });
    expect(edges()).not.toContain("start.success->a");
    expect(edges()).toEqual(expect.arrayContaining(["start.success->http_request_2", "http_request_2.success->a"]));
  });

  it("never leads into a trigger or a note", () => {
    store().setNodeTypes([MANUAL, HTTP, makeNodeType({ type: "note", kind: "note", ports: [] })]);
    store().addNode("note", { x: 0, y: 0 }, { from: { node: "b", port: "success" } });
    expect(edges()).toEqual(["start.success->a", "a.success->b"]);
    expect(store().connect(makeEdge("b->note"))).toBe("into-note");
    store().addNode(MANUAL.type, { x: 0, y: 0 }, { from: { node: "b", port: "success" } });
    expect(edges()).toEqual(["start.success->a", "a.success->b"]);
  });

  it("does nothing for an unknown type or a reader", () => {
    expect(store().addNode("gone", { x: 0, y: 0 })).toBeNull();
    store().setReadOnly(true);
    expect(store().addNode(HTTP.type, { x: 0, y: 0 })).toBeNull();
    expect(ids()).toEqual(["start", "a", "b"]);
  });
});

describe("ports that a list of parameters asks for", () => {
  const SWITCH = makeNodeType({ type: "switch", ports: [{ id: "default", label: "default", description: "", description_ru: "" }], ports_from: { parameter: "cases", id: "id", label: "label" } });
  const parameters = { cases: [{ id: "case_1", label: "Urgent" }, { id: "case_2" }] };

  beforeEach(() => {
    store().setNodeTypes([MANUAL, HTTP, SWITCH]);
    store().open(makeWorkflow(makeGraph([makeNode("s", { type: "switch", parameters }), makeNode("a"), makeNode("b")], ["s.case_1->a", "s.case_2->b", "s.default->b"])));
  });

  it("connects them, and refuses those that are not there", () => {
    expect(store().connect(makeEdge("s.case_2->a"))).toBeNull();
    expect(store().connect(makeEdge("s.case_3->a"))).toBe("no-such-port");
  });

  it("takes the edges of a removed one away, keeps those of a renamed one, and undo brings both back", () => {
    store().setParameters("s", { cases: [{ id: "case_2", label: "Later" }] }, "one");
    expect(edges()).toEqual(["s.case_2->b", "s.default->b"]);
    store().undo();
    expect(edges()).toEqual(["s.case_1->a", "s.case_2->b", "s.default->b"]);
  });
});

describe("connecting", () => {
  it("adds an allowed edge and says why another is refused", () => {
    expect(store().connect(makeEdge("a.error->b"))).toBeNull();
    expect(store().connect(makeEdge("b->a"))).toBe("cycle");
    expect(store().connect(makeEdge("b->start"))).toBe("into-trigger");
    expect(edges()).toEqual(["start.success->a", "a.success->b", "a.error->b"]);
  });
});

describe("removing", () => {
  it("takes a node's edges along", () => {
    store().selectNodes(["a"]);
    store().removeSelected();
    expect(ids()).toEqual(["start", "b"]);
    expect(edges()).toEqual([]);
    expect(store().selection).toEqual([]);
  });

  it("is one step for nodes and edges together", () => {
    store().setSelection(["b"], ["start.success->a"]);
    store().removeSelected();
    expect(edges()).toEqual([]);
    store().undo();
    expect(ids()).toEqual(["start", "a", "b"]);
    expect(edges()).toEqual(["start.success->a", "a.success->b"]);
  });
});

describe("undo", () => {
  it("restores what was and drops what no longer exists from the selection", () => {
    const id = store().addNode(HTTP.type, { x: 0, y: 0 });
    store().undo();
    expect(ids()).not.toContain(id);
    expect(store().selection).toEqual([]);
    store().redo();
    expect(ids()).toContain(id);
  });

  it("takes typing back as one step", () => {
    for (const name of ["O", "Or", "Order"]) store().renameNode("a", name);
    expect(store().history.past).toHaveLength(1);
    store().undo();
    expect(store().graph?.nodes[1]?.name).toBe("a");
  });

  it("leaves selecting and opening out of it", () => {
    store().selectNodes(["a"]);
    store().focusField("b", "parameters.url");
    expect(store().history.past).toEqual([]);
    expect(store().saveState).toBe("saved");
  });

  it("does nothing where nothing may be changed", () => {
    store().renameNode("a", "Other");
    store().setReadOnly(true);
    store().undo();
    expect(store().graph?.nodes[1]?.name).toBe("Other");
  });
});

describe("the state of saving", () => {
  it("is unsaved after an edit, and stays a conflict until that is decided", () => {
    store().renameNode("a", "Other");
    expect(store().saveState).toBe("unsaved");
    store().setSaveState("conflict");
    store().renameNode("a", "Another");
    expect(store().saveState).toBe("conflict");
  });
});

it("asks again for the same field when it is asked for twice", () => {
  store().focusField("a", "name");
  const first = store().focus?.at;
  store().focusField("a", "name");
  expect(store().focus?.at).not.toBe(first);
  expect(store().selection).toEqual(["a"]);
});
