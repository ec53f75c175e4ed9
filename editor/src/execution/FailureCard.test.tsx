import { screen, within } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import type { Execution } from "../api/types";
import { useEditor } from "../store/editorStore";
import { makeNodeType } from "../testing/factories";
import { renderEditor } from "../testing/renderEditor";
import { FailureCard } from "./FailureCard";

const FAILURE = { node_id: "pay", node_name: "Pay", code: "http-status", category: "refused", title: 'The service refused what "Pay" sent', message: "", tried: "", advice: "", fingerprint: "f" };

function show(input: unknown, detail: unknown) {
  const execution = { state: "failed", failure: { ...FAILURE, detail }, steps: [{ node_id: "pay", name: "Pay", type: "http.request", state: "failed", input }] } as unknown as Execution;
  useEditor.setState({ nodeTypes: new Map([["http.request", makeNodeType({ type: "http.request", default_parameters: { method: "GET", follow_redirects: true } })]]) });
  renderEditor(<FailureCard execution={execution} onSelect={vi.fn()} actions={null} />);
}

describe("FailureCard", () => {
  it("shows what the step was given beside what came back", () => {
    show({ method: "POST", url: "/pay", follow_redirects: true, query: [] }, { status: 422 });
    const given = within(screen.getByTestId("failure-given"));
    expect(given.getByText("/pay")).toBeInTheDocument();
    // What is as everywhere says nothing about a failure.
    expect(given.queryByText("follow_redirects")).toBeNull();
    expect(given.queryByText("query")).toBeNull();
    expect(within(screen.getByTestId("failure-detail")).getByText("422")).toBeInTheDocument();
  });

  it("offers no details where a step left none", () => {
    show(null, null);
    expect(screen.queryByTestId("failure-detail")).toBeNull();
  });
});
