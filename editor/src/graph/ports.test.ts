import { describe, expect, it } from "vitest";
import { useEditor } from "../store/editorStore";
import { makeGraph, makeNode, makeNodeType, makeWorkflow, HTTP, MANUAL } from "../testing/factories";
import { portsOf } from "./ports";

const port = (id: string) => ({ id, label: id, description: "", description_ru: "" });
const SWITCH = makeNodeType({ type: "switch", ports: [port("default"), port("error")], ports_from: { parameter: "cases", id: "id", label: "label" } });

describe("portsOf", () => {
  it("puts a port for each item before those of the type", () => {
    const cases = [{ id: "a", label: "First" }, { id: "b" }, { id: "a" }, { id: "Not a slug" }, { id: "error" }, 7, null];
    expect(portsOf(SWITCH, { cases }).map(({ id, label }) => [id, label])).toEqual([
      ["a", "First"],
      ["b", "b"],
      ["default", "default"],
      ["error", "error"],
    ]);
    expect(portsOf(SWITCH, {}).map(({ id }) => id)).toEqual(["default", "error"]);
    expect(portsOf(undefined, {})).toEqual([]);
  });
});

describe("a node whose ports depend on its parameters", () => {
  it("loses the edges of a port that is taken away, keeps those of one that is renamed, and brings them back", () => {
    const editor = useEditor.getState();
    editor.setReadOnly(false);
    editor.setNodeTypes([MANUAL, HTTP, SWITCH]);
    const sort = makeNode("sort", { type: "switch", parameters: { cases: [{ id: "a", label: "A" }, { id: "b" }] } });
    editor.open(makeWorkflow(makeGraph([makeNode("start", { type: "manual" }), sort, makeNode("x"), makeNode("y")], ["start->sort", "sort.a->x", "sort.b->y"])));
    const edges = () => useEditor.getState().graph?.edges.map((edge) => edge.source_port);
    editor.setParameters("sort", { cases: [{ id: "a", label: "Renamed" }, { id: "b" }] });
    expect(edges()).toEqual(["success", "a", "b"]);
    editor.setParameters("sort", { cases: [{ id: "a", label: "Renamed" }] });
    expect(edges()).toEqual(["success", "a"]);
    expect(useEditor.getState().connect({ source: "sort", source_port: "b", target: "y" })).toBe("no-such-port");
    editor.undo();
    expect(edges()).toEqual(["success", "a", "b"]);
  });
});
