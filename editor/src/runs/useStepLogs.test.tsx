import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeProblem, fakeServer } from "../testing/fakeServer";
import { useStepLogs } from "./useStepLogs";

const ROUTE = "GET /api/executions/{id}/steps/{node}/logs";
const STEP = { executionId: "orders.manual__1", nodeId: "get", tryNumber: 1 };

function page(messages: string[], token: string | null, done: boolean) {
  return { lines: messages.map((message) => ({ timestamp: null, level: "info", message })), next_token: token, done, try_number: 1 };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

async function pass(ms: number): Promise<void> {
  await act(async () => {
    await vi.advanceTimersByTimeAsync(ms);
  });
}

describe("useStepLogs", () => {
  it("follows a log by its token until it is done, and no further", async () => {
    const pages = [page(["one"], "t1", false), page([], "t1", false), page(["two", "three"], null, true)];
    const server = fakeServer({ [ROUTE]: () => pages.shift() });
    const { result } = renderHook(() => useStepLogs(STEP));
    expect(result.current.pending).toBe(true);
    await pass(0);
    expect(result.current.lines.map((line) => line.message)).toEqual(["one"]);
    await pass(5000);
    expect(result.current.lines.map((line) => line.message)).toEqual(["one", "two", "three"]);
    expect(result.current.done).toBe(true);
    expect(server.requests.map((request) => request.query.get("token"))).toEqual([null, "t1", "t1"]);
    await pass(60_000);
    expect(server.calls).toHaveLength(3);
  });

  it("tries again after a failure, keeps what it has, and slows down", async () => {
    let answers = 0;
    const server = fakeServer({
      [ROUTE]: () => {
        answers += 1;
        if (answers === 1) return page(["one"], "t1", false);
        return answers < 4 ? new FakeProblem(503, { detail: "Busy." }) : page(["two"], null, true);
      },
    });
    const { result } = renderHook(() => useStepLogs(STEP));
    await pass(300);
    expect(result.current.error?.message).toBe("Busy.");
    expect(result.current.lines).toHaveLength(1);
    await pass(1900);
    expect(server.calls).toHaveLength(2);
    await pass(10_000);
    expect(result.current.error).toBeNull();
    expect(result.current.lines.map((line) => line.message)).toEqual(["one", "two"]);
  });

  it("starts anew for another try, and stops when it is not shown any more", async () => {
    const server = fakeServer({ [ROUTE]: ({ query }) => page([`try ${query.get("try_number")}`], "t", false) });
    const { result, rerender, unmount } = renderHook((tryNumber: number) => useStepLogs({ ...STEP, tryNumber }), { initialProps: 1 });
    await pass(0);
    rerender(2);
    await pass(0);
    expect(result.current.lines.map((line) => line.message)).toEqual(["try 2"]);
    unmount();
    const asked = server.calls.length;
    await pass(30_000);
    expect(server.calls).toHaveLength(asked);
  });
});
