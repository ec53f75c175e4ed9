import { describe, expect, it } from "vitest";
import type { ExecutionSummary } from "../api/types";
import { NO_FILTER } from "./executionFilter";
import { applyEvent, eventsPath, type Pages } from "./listEvents";

const line = (id: string, second: number, state: ExecutionSummary["state"] = "running") => ({ id, state, created_at: `2026-01-05T09:00:0${second}Z` }) as ExecutionSummary;
const pages = (...lists: ExecutionSummary[][]): Pages => ({ pageParams: lists.map(() => null), pages: lists.map((executions) => ({ executions, total_entries: 3, next_cursor: null })) });
const ids = (given: Pages | null) => given?.pages.map((page) => page.executions.map((one) => `${one.id}:${one.state}`));

describe("applyEvent", () => {
  const before = pages([line("c", 3), line("b", 2)], [line("a", 1)]);

  it("changes a line where it stands, and puts a new one on top", () => {
    expect(ids(applyEvent(before, "execution", line("a", 1, "failed")))).toEqual([["c:running", "b:running"], ["a:failed"]]);
    const after = applyEvent(before, "execution", line("d", 4));
    expect(ids(after)).toEqual([["d:running", "c:running", "b:running"], ["a:running"]]);
    expect(after?.pages[0]?.total_entries).toBe(4);
  });

  it("takes away what does not fit the filter any more", () => {
    expect(ids(applyEvent(before, "gone", { id: "b" }))).toEqual([["c:running"], ["a:running"]]);
    expect(applyEvent(before, "gone", { id: "x" })).toBe(before);
  });

  it("asks for a reading where only the server knows", () => {
    expect(applyEvent(before, "open", {})).toBeNull();
    expect(applyEvent(before, "execution", line("old", 0))).toBeNull();
    expect(applyEvent(before, "execution", "no line")).toBeNull();
  });
});

describe("eventsPath", () => {
  it("filters as the list does, in the language of the editor", () => {
    expect(eventsPath({ ...NO_FILTER, workflow: "orders", state: "failed" }, "ru-RU")).toBe("/api/executions/events?language=ru&workflow_id=orders&state=failed");
  });
});
