import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fakeEventSources } from "../../testing/fakeEventSource";
import { FakeProblem, fakeServer } from "../../testing/fakeServer";
import { MOST_LINES, useStepLogs } from "./useStepLogs";

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

describe("useStepLogs with the server's events", () => {
  const texts = (logs: { lines: readonly { message: string }[] }) => logs.lines.map((line) => line.message);

  it("takes lines as they are written, and asks for nothing", async () => {
    const server = fakeServer({});
    const sources = fakeEventSources();
    const { result } = renderHook(() => useStepLogs({ ...STEP, item: 3 }));
    expect(sources[0]?.url).toContain("/api/executions/orders.manual__1/steps/get/logs/events?try_number=1&item=3");
    sources[0]?.open();
    sources[0]?.tell("lines", page(["one"], null, false));
    sources[0]?.tell("lines", page(["two"], null, false), "e-2");
    expect(result.current).toMatchObject({ live: true, done: false });
    sources[0]?.tell("end", { try_number: 1, truncated: true }, "e-3");
    await pass(60_000);
    expect(texts(result.current)).toEqual(["one", "two"]);
    expect(result.current).toMatchObject({ done: true, truncated: true });
    expect(sources[0]?.closed).toBe(true);
    expect(server.calls).toEqual([]);
  });

  it("goes on after a short break, without a line twice", async () => {
    fakeServer({});
    const source = fakeEventSources();
    const { result } = renderHook(() => useStepLogs(STEP));
    source[0]?.open();
    source[0]?.tell("lines", page(["one"], null, false));
    source[0]?.fail();
    await pass(3000);
    source[0]?.open("e-1");
    source[0]?.tell("lines", page(["two"], null, false), "e-2");
    expect(texts(result.current)).toEqual(["one", "two"]);
    // Another process answers: all of it comes once more.
    source[0]?.fail();
    source[0]?.open("f-0", "reset");
    source[0]?.tell("lines", page(["one", "two", "three"], null, false), "f-1");
    expect(texts(result.current)).toEqual(["one", "two", "three"]);
    expect(result.current.live).toBe(true);
  });

  it("reads the log itself when the stream breaks, and goes back to the stream later", async () => {
    let written = ["one"];
    const server = fakeServer({ [ROUTE]: ({ query }) => (query.get("token") ? page([], "t", false) : page(written, "t", false)) });
    const sources = fakeEventSources();
    const { result } = renderHook(() => useStepLogs(STEP));
    sources[0]?.open();
    sources[0]?.tell("lines", page(["one"], null, false));
    written = ["one", "two"];
    sources[0]?.fail();
    await pass(4000);
    expect(server.calls).toEqual([]);
    await pass(2000);
    expect(sources[0]?.closed).toBe(true);
    expect(texts(result.current)).toEqual(["one", "two"]);
    expect(result.current.live).toBe(false);
    await pass(60_000);
    expect(sources).toHaveLength(2);
    sources[1]?.open();
    const asked = server.calls.length;
    sources[1]?.tell("lines", page(["one", "two", "three"], null, false));
    await pass(10_000);
    expect(texts(result.current)).toEqual(["one", "two", "three"]);
    expect(server.calls).toHaveLength(asked);
  });

  it("reads the log itself at once where the stream is refused, or has forgotten what was missed", async () => {
    const server = fakeServer({ [ROUTE]: () => page(["all"], null, true) });
    const sources = fakeEventSources();
    const first = renderHook(() => useStepLogs(STEP));
    sources[0]?.fail({ refused: true });
    await pass(1);
    await pass(1);
    expect(texts(first.result.current)).toEqual(["all"]);
    const second = renderHook(() => useStepLogs({ ...STEP, tryNumber: 2 }));
    sources[1]?.open("e-0");
    sources[1]?.tell("reset", {}, "e-1700");
    await pass(1);
    expect(texts(second.result.current)).toEqual(["all"]);
    expect(server.calls).toHaveLength(2);
  });

  it("keeps the newest lines of a log that never ends, and says so", () => {
    fakeServer({});
    const sources = fakeEventSources();
    const { result } = renderHook(() => useStepLogs(STEP));
    sources[0]?.open();
    sources[0]?.tell("lines", page(Array.from({ length: MOST_LINES }, (_one, index) => `line ${index}`), null, false));
    expect(result.current.truncated).toBe(false);
    sources[0]?.tell("lines", page(["last"], null, false), "e-2");
    expect(result.current.lines).toHaveLength(MOST_LINES);
    expect(result.current.lines.at(-1)?.message).toBe("last");
    expect(result.current.truncated).toBe(true);
  });
});
