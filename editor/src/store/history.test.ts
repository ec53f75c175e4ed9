import { describe, expect, it } from "vitest";
import { emptyHistory, record, redo, undo, type History } from "./history";

/** Replace a document some times: [what it was, the merge key, when]. */
function recordAll(...edits: [string, string | null, number][]): History<string> {
  return edits.reduce((history, [before, key, at]) => record(history, before, key, at), emptyHistory<string>());
}

describe("history", () => {
  it("walks back and forth", () => {
    const history = recordAll(["a", null, 0], ["b", null, 1]);
    const back = undo(history, "c");
    expect(back?.present).toBe("b");
    const further = undo(back?.history ?? emptyHistory(), "b");
    expect(further?.present).toBe("a");
    expect(undo(further?.history ?? emptyHistory(), "a")).toBeNull();
    const again = redo(further?.history ?? emptyHistory(), "a");
    expect(again?.present).toBe("b");
    expect(redo(again?.history ?? emptyHistory(), "b")?.present).toBe("c");
  });

  it("joins edits with the same key that follow each other closely", () => {
    expect(recordAll(["", "name", 0], ["a", "name", 300], ["ab", "name", 900]).past).toEqual([""]);
    expect(recordAll(["", "name", 0], ["a", "name", 1500]).past).toEqual(["", "a"]);
    expect(recordAll(["", "name", 0], ["a", "url", 10]).past).toEqual(["", "a"]);
    expect(recordAll(["", null, 0], ["a", null, 10]).past).toEqual(["", "a"]);
  });

  it("does not join an edit to what an undo has brought back", () => {
    const back = undo(recordAll(["", "name", 0], ["a", "url", 100]), "ab");
    expect(record(back?.history ?? emptyHistory(), "a", "name", 200).past).toEqual(["", "a"]);
  });

  it("forgets what could be redone once something else is done", () => {
    const back = undo(recordAll(["a", null, 0]), "b");
    expect(record(back?.history ?? emptyHistory(), "a", null, 1).future).toEqual([]);
  });

  it("keeps a hundred steps", () => {
    const history = recordAll(...Array.from({ length: 130 }, (_, index): [string, null, number] => [String(index), null, index]));
    expect(history.past).toHaveLength(100);
    expect(history.past[0]).toBe("30");
  });
});
