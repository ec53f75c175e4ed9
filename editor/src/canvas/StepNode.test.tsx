import { ReactFlow, ReactFlowProvider } from "@xyflow/react";
import { act, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Execution } from "../api/types";
import type { GraphNode } from "../graph/types";
import { useEditor } from "../store/editorStore";
import { useUi } from "../store/uiStore";
import { HTTP, MANUAL, makeGraph, makeIssue, makeNode, makeNodeType, makeWorkflow } from "../testing/factories";
import { renderEditor } from "../testing/renderEditor";
import { toFlowNodes } from "./flowShapes";
import { nodeTypes } from "./flowTypes";

const IF = makeNodeType({
  type: "if",
  ports: [
    { id: "true", label: "true", description: "", description_ru: "" },
    { id: "false", label: "false", description: "", description_ru: "" },
  ],
});

function show(nodes: GraphNode[], { edges = [], locale = "en" }: { edges?: string[]; locale?: string } = {}) {
  const graph = makeGraph(nodes, edges);
  useEditor.getState().open(makeWorkflow(graph));
  renderEditor(
    <ReactFlowProvider>
      <ReactFlow nodes={toFlowNodes(graph, [], [])} nodeTypes={nodeTypes} />
    </ReactFlowProvider>,
    { locale },
  );
  return (id: string) => screen.getByTestId(`node-${id}`);
}

beforeEach(() => {
  // jsdom has no layout: React Flow draws its nodes all the same, but hidden, so that they have no accessible names.
  vi.stubGlobal("ResizeObserver", class { observe() {} unobserve() {} disconnect() {} });
  useEditor.getState().setReadOnly(false);
  useEditor.getState().setNodeTypes([MANUAL, HTTP, IF]);
  useUi.setState({ picker: null });
});

describe("notes and switches", () => {
  it("draws a note as paper with its text, without ways in and out", async () => {
    useEditor.getState().setNodeTypes([MANUAL, makeNodeType({ type: "note", kind: "note", ports: [] })]);
    const node = show([makeNode("memo", { type: "note", parameters: { text: "## Orders\nCome in **daily**.", color: "blue", width: 300, height: 90 } }), makeNode("blank", { type: "note", parameters: {} })]);
    expect(await within(node("memo")).findByText("Orders")).toBeInTheDocument();
    expect(node("memo")).toHaveStyle({ width: "300px", height: "90px" });
    expect(within(node("memo")).queryByTestId("in-memo")).toBeNull();
    expect(node("blank")).toHaveTextContent("Double-click to write a note.");
  });

  it("draws a port for each case, by its label, above the fixed ones", () => {
    const fixed = ["default", "error"].map((id) => ({ id, label: id, description: "", description_ru: "" }));
    useEditor.getState().setNodeTypes([makeNodeType({ type: "switch", ports: fixed, ports_from: { parameter: "cases", id: "id", label: "label" } })]);
    const cases = [{ id: "case_1", label: "Urgent" }, { id: "case_2", label: "" }, { id: "Not a slug" }, { id: "default" }, "odd"];
    const node = show([makeNode("route", { type: "switch", parameters: { cases } })]);
    const ports = [...node("route").querySelectorAll("[data-testid^=port-route-]")].map((one) => one.getAttribute("data-testid"));
    expect(ports).toEqual(["port-route-case_1", "port-route-case_2", "port-route-default", "port-route-error"]);
    expect(node("route")).toHaveTextContent("Urgent");
  });
});

describe("StepNode", () => {
  it("tells name and kind, and a trigger has no way in", () => {
    const node = show([makeNode("start", { type: "manual", name: "Begin" }), makeNode("a", { name: "Ask" })]);
    expect(node("start")).toHaveTextContent("Begin");
    expect(within(node("start")).queryByTestId("in-start")).toBeNull();
    expect(within(node("a")).getByTestId("in-a")).toHaveAttribute("aria-label", "Input of “Ask”");
    expect(within(node("a")).getByTestId("port-a-error")).toHaveAttribute("aria-label", "Output “error” of “Ask”");
  });

  it("speaks Russian", () => {
    const node = show([makeNode("a", { name: "Спросить" }), makeNode("b", { type: "if" })], { locale: "ru" });
    expect(node("a").getAttribute("aria-label")).toContain("HTTP-запрос");
    expect(node("b")).toHaveTextContent("да");
    expect(node("b")).toHaveTextContent("нет");
  });

  it("counts its problems and no others'", () => {
    const node = show([makeNode("a"), makeNode("b")]);
    act(() => useEditor.getState().setIssues([makeIssue({ node_id: "a" }), makeIssue({ node_id: "a", severity: "warning" }), makeIssue()]));
    expect(within(node("a")).getByTestId("node-issues-a")).toHaveAttribute("aria-label", "2 problems");
    expect(within(node("b")).queryByTestId("node-issues-b")).toBeNull();
  });

  it("says of an unknown type that it is not installed", () => {
    expect(show([makeNode("a", { type: "telegram.send" })])("a")).toHaveTextContent("telegram.send: not installed here");
  });

  it("shows a run's state, duration and tries", () => {
    const node = show([makeNode("a")]);
    const step = { node_id: "a", state: "success", tries: 2, max_tries: 3, duration_s: 1.25, started_at: null, ended_at: null, input: null, output: {}, error: null };
    act(() => useEditor.getState().setExecution({ id: "x", state: "success", steps: [step] } as unknown as Execution));
    expect(node("a")).toHaveAttribute("data-state", "success");
    expect(within(node("a")).getByTestId("run-state-a")).toHaveAttribute("data-state", "success");
    expect(within(node("a")).getByTestId("run-duration-a")).toHaveTextContent("1.3 s");
    expect(within(node("a")).getByTestId("run-state-a")).toHaveTextContent("2 tries");
  });

  it("offers the next step only on outputs that lead nowhere, and to nobody who may not draw", async () => {
    const node = show([makeNode("a"), makeNode("b")], { edges: ["a->b"] });
    expect(within(node("a")).queryByTestId("add-after-a-success")).toBeNull();
    await userEvent.click(within(node("b")).getByTestId("add-after-b-success"));
    expect(useUi.getState().picker).toMatchObject({ from: { node: "b", port: "success" } });
    act(() => useEditor.getState().setReadOnly(true));
    expect(within(node("b")).queryByTestId("add-after-b-success")).toBeNull();
  });
});
