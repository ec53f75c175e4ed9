import { screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { Execution } from "../api/types";
import { makeSession } from "../testing/factories";
import { fakeServer } from "../testing/fakeServer";
import { renderEditor } from "../testing/renderEditor";
import { canRetryByLink, RetryAsked } from "./RetryAsked";

function make(patch: Partial<Execution>): Execution {
  return { id: "orders.manual__one", workflow_id: "orders", state: "failed", handled: null, reruns: [], ...patch } as Execution;
}

function show(execution: Execution, run = true, locale = "en") {
  fakeServer({
    "GET /api/session": () => makeSession({ run }),
    "GET /api/workflows/orders/permissions": () => makeSession({ run }).permissions,
  });
  renderEditor(<RetryAsked execution={execution} />, { locale });
}

describe("a link that asks to run an execution again", () => {
  it.each([
    [{ state: "running" }, "under way again"],
    [{ state: "queued" }, "under way again"],
    [{ state: "success" }, "succeeded since"],
    [{ state: "cancelled" }, "cancelled since"],
    [{ handled: { by: "bob", at: "", comment: "" } }, "bob has marked it as handled"],
  ] as [Partial<Execution>, string][])("is told that it comes too late: %o", async (patch, told) => {
    const execution = make(patch);
    expect(canRetryByLink(execution)).toBe(false);
    show(execution);
    expect(await screen.findByTestId("retry-asked")).toHaveTextContent(told);
  });

  it("leads to the newest of those that run it again", async () => {
    show(make({ reruns: ["orders.manual__two", "orders.manual__three"] }), true, "ru");
    expect(await screen.findByText("Показать последний")).toHaveAttribute("href", expect.stringContaining("orders.manual__three"));
  });

  it("says why to who may not run it", async () => {
    show(make({}), false);
    expect(await screen.findByText("may not start executions", { exact: false })).toBeInTheDocument();
    expect(canRetryByLink(make({}))).toBe(true);
  });
});
