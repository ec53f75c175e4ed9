import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { FakeProblem, fakeServer } from "../testing/fakeServer";
import { renderEditor } from "../testing/renderEditor";
import { ApprovalCard } from "./ApprovalCard";
import type { Approval } from "./types";

const ROUTE = "POST /api/executions/{id}/steps/{id}/answer";

function approval(patch: Partial<Approval> = {}): Approval {
  return {
    node_id: "ask",
    map_index: -1,
    title: "Refund order 7?",
    body: "**Ann** asks for 20 EUR back.",
    options: ["Approve", "Reject"],
    fields: [
      { name: "reason", label: "Reason", type: "text", options: [], value: null, required: true },
      { name: "amount", label: "Amount", type: "number", options: [], value: 20, required: false },
    ],
    assigned_users: [],
    requested_at: "2026-01-01T00:00:00Z",
    expires_at: null,
    ...patch,
  };
}

function session(answer = true) {
  return { "GET /api/session": () => ({ user: { id: "ann", name: "ann" }, permissions: { answer } }) };
}

describe("ApprovalCard", { timeout: 30_000 }, () => {
  it("sends the answer with the form", async () => {
    const user = userEvent.setup();
    const bodies: unknown[] = [];
    fakeServer({
      ...session(),
      [ROUTE]: (request: { body?: unknown }) => {
        bodies.push(request.body);
        return { id: "orders.manual__1", approvals: [] };
      },
    });
    renderEditor(<ApprovalCard executionId="orders.manual__1" approval={approval()} />);
    expect(screen.getByRole("heading", { name: "Refund order 7?" })).toBeInTheDocument();
    expect(screen.getByText("Ann", { selector: "strong" })).toBeInTheDocument();
    await waitFor(() => expect(screen.getByTestId("answer-0")).not.toHaveAttribute("aria-disabled"));
    await user.click(screen.getByTestId("answer-0"));
    expect(screen.getByText("Needed to approve.")).toBeInTheDocument();
    expect(bodies).toEqual([]);
    await user.type(screen.getByLabelText(/Reason/), "Broken");
    await user.click(screen.getByTestId("answer-0"));
    await waitFor(() => expect(bodies).toEqual([{ option: "Approve", values: { reason: "Broken", amount: 20 }, map_index: -1 }]));
  });

  it("says why an answer was not taken", async () => {
    const user = userEvent.setup();
    fakeServer({
      ...session(),
      [ROUTE]: () => new FakeProblem(409, { code: "approval-answered", detail: "Somebody has answered." }),
    });
    renderEditor(<ApprovalCard executionId="orders.manual__1" approval={approval()} />);
    await waitFor(() => expect(screen.getByTestId("answer-1")).not.toHaveAttribute("aria-disabled"));
    await user.click(screen.getByTestId("answer-1"));
    expect(await screen.findByRole("alert")).toHaveTextContent("Somebody has answered.");
  });

  it("is for those who are asked", async () => {
    fakeServer(session());
    renderEditor(<ApprovalCard executionId="orders.manual__1" approval={approval({ assigned_users: [{ id: "bob", name: "Bob" }] })} />);
    await waitFor(() => expect(screen.getByTestId("approval-field-reason")).toBeDisabled());
    expect(screen.getByTestId("answer-0")).toHaveAttribute("aria-disabled", "true");
  });

  it("is for those who may answer", async () => {
    fakeServer(session(false));
    renderEditor(<ApprovalCard executionId="orders.manual__1" approval={approval()} />);
    await waitFor(() => expect(screen.getByTestId("answer-0")).toHaveAttribute("aria-disabled", "true"));
  });
});
