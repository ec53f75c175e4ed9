import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fakeEventSources } from "../testing/fakeEventSource";
import { useServerEvents } from "./serverEvents";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));

describe("useServerEvents", () => {
  it("is live once the server has said something, and not when a stream opens alone", () => {
    const sources = fakeEventSources();
    const { result } = renderHook(() => useServerEvents("/api/x", ["changed"], vi.fn()));
    act(() => void sources[0]?.dispatchEvent(new Event("open")));
    expect(result.current.live).toBe(false);
    sources[0]?.open();
    expect(result.current.live).toBe(true);
  });

  it("gives up what opens and is cut off again and again, and tries anew after a while", async () => {
    const sources = fakeEventSources();
    const { result } = renderHook(() => useServerEvents("/api/x", ["changed"], vi.fn()));
    for (let count = 0; count < 3; count++) {
      act(() => void sources[0]?.dispatchEvent(new Event("open")));
      sources[0]?.fail();
    }
    expect(result.current).toEqual({ live: false, broken: true });
    await pass(30_000);
    expect(sources).toHaveLength(2);
    sources[1]?.open();
    expect(result.current).toEqual({ live: true, broken: false });
  });

  it("opens a stream no more that the server has ended, and hands on only what is asked for", async () => {
    const sources = fakeEventSources();
    const told = vi.fn();
    const { result } = renderHook(() => useServerEvents("/api/x", ["changed"], told));
    sources[0]?.open();
    sources[0]?.tell("changed", { id: 1 }, "e-7");
    sources[0]?.tell("close", { reason: "over" });
    await pass(120_000);
    expect(sources).toHaveLength(1);
    expect(sources[0]?.closed).toBe(true);
    expect(result.current.live).toBe(false);
    expect(told.mock.calls).toEqual([["changed", { id: 1 }, "e-7"]]);
  });
});
