import { describe, expect, it } from "vitest";
import type { ExecutionSummary } from "../api/types";
import { FakeProblem, fakeServer } from "../testing/fakeServer";
import { bulkTargets, runBulk, type BulkResult } from "./bulk";

const line = (id: string, state: ExecutionSummary["state"], handled = false) => ({ id, state, handled: handled ? { by: "ann", at: "", comment: "" } : null }) as ExecutionSummary;

describe("bulkTargets", () => {
  it("leaves out those that it makes no sense for", () => {
    const all = [line("a", "running"), line("b", "failed"), line("c", "failed", true), line("d", "success"), line("e", "cancelled")];
    const ids = (kind: Parameters<typeof bulkTargets>[0]) => bulkTargets(kind, all).map((one) => one.id);
    expect(ids("cancel")).toEqual(["a"]);
    expect(ids("retry")).toEqual(["b", "c", "e"]);
    expect(ids("handle")).toEqual(["b", "e"]);
  });
});

describe("runBulk", () => {
  it("retries one after the other, and goes on after a refusal", async () => {
    fakeServer({ "POST /api/executions/{id}/retry": ({ path }) => (path.includes("/b/") ? new FakeProblem(409, { detail: "Nothing has failed." }) : { id: "a" }) });
    const heard: BulkResult[] = [];
    const result = await runBulk("retry", ["a", "b", "c"], "", (one) => heard.push(one));
    expect(result).toEqual({ done: 2, refused: [{ id: "b", message: "Nothing has failed." }] });
    expect(heard.map((one) => one.done + one.refused.length)).toEqual([1, 2, 3]);
  });

  it("asks for no more at once than the server takes", async () => {
    const server = fakeServer({
      "POST /api/executions/cancel": ({ body }) => {
        const { ids } = body as { ids: string[] };
        return { results: ids.map((id) => ({ id, cancelled: id !== "x7", code: id === "x7" ? "ended" : null, message: null })), cancelled: 0, refused: 0, more: false };
      },
    });
    const result = await runBulk("cancel", Array.from({ length: 250 }, (_one, index) => `x${index}`), "", () => undefined);
    expect(result).toEqual({ done: 249, refused: [{ id: "x7", message: "ended" }] });
    expect(server.requests.map((one) => (one.body as { ids: string[] }).ids.length)).toEqual([200, 50]);
  });
});
