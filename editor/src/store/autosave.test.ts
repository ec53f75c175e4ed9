import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiProblem } from "../api/client";
import { makeGraph, makeNode, makeWorkflow } from "../testing/factories";
import type { Graph } from "../graph/types";
import { Autosave, type AutosaveHost } from "./autosave";

const TIMING = { delayMs: 100, retryMs: 1_000, maxRetryMs: 3_000 };

/** A draft and its server: what was sent, which states were told, and what the server answers next. */
class Draft implements AutosaveHost {
  graph: Graph = makeGraph([]);
  version = 1;
  sent: string[] = [];
  states: string[] = [];
  answers: (() => Promise<void>)[] = [];

  read = () => ({ graph: this.graph, version: this.version });

  save = async (graph: Graph, version: number) => {
    this.sent.push(`${graph.name}@${version}`);
    await this.answers.shift()?.();
    return makeWorkflow(graph, { version: version + 1 });
  };

  saved: AutosaveHost["saved"] = (workflow) => {
    this.version = workflow.version;
  };

  state: AutosaveHost["state"] = (state) => {
    this.states.push(state);
  };

  edit(name: string): void {
    this.graph = { ...makeGraph([makeNode("a")]), name };
  }
}

const fails = (status: number) => () => Promise.reject(new ApiProblem(status, { detail: `HTTP ${status}` }));

let draft: Draft;
let autosave: Autosave;
const edit = (name: string) => {
  draft.edit(name);
  autosave.touch();
};

beforeEach(() => {
  vi.useFakeTimers();
  draft = new Draft();
  autosave = new Autosave(draft, TIMING);
});
afterEach(() => {
  vi.useRealTimers();
});

describe("Autosave", () => {
  it("sends the last of several quick edits, once", async () => {
    edit("a");
    await vi.advanceTimersByTimeAsync(60);
    edit("b");
    await vi.advanceTimersByTimeAsync(99);
    expect(draft.sent).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(draft.sent).toEqual(["b@1"]);
    expect(draft.states).toEqual(["saving", "saved"]);
    expect(autosave.isDirty).toBe(false);
  });

  it("saves what was edited during a save after it, from the new version", async () => {
    let finish: () => void = () => undefined;
    draft.answers.push(() => new Promise<void>((resolve) => (finish = resolve)));
    edit("a");
    await vi.advanceTimersByTimeAsync(100);
    edit("b");
    await vi.advanceTimersByTimeAsync(500);
    expect(draft.sent).toEqual(["a@1"]);
    finish();
    await vi.advanceTimersByTimeAsync(200);
    expect(draft.sent).toEqual(["a@1", "b@2"]);
    expect(draft.states.at(-1)).toBe("saved");
  });

  it("tries again ever more seldom without a connection, and loses nothing", async () => {
    draft.answers.push(fails(0), fails(503), fails(0), fails(0));
    edit("a");
    await vi.advanceTimersByTimeAsync(100);
    expect(draft.states.at(-1)).toBe("offline");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(draft.sent).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1_999);
    expect(draft.sent).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(draft.sent).toHaveLength(3);
    // Edits made meanwhile go along and do not hasten it.
    edit("b");
    await vi.advanceTimersByTimeAsync(2_999);
    expect(draft.sent).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(1 + 3_000);
    expect(draft.sent.at(-1)).toBe("b@1");
    expect(draft.states.at(-1)).toBe("saved");
  });

  it("stops at somebody else's newer version until the user has decided", async () => {
    draft.answers.push(fails(412));
    edit("a");
    await vi.advanceTimersByTimeAsync(100);
    expect(draft.states.at(-1)).toBe("conflict");
    edit("b");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(draft.sent).toEqual(["a@1"]);
    expect(await autosave.flush()).toBe(false);
    draft.version = 7;
    autosave.resume(true);
    await vi.advanceTimersByTimeAsync(0);
    expect(draft.sent).toEqual(["a@1", "b@7"]);
    expect(draft.states.at(-1)).toBe("saved");
  });

  it("has nothing to save after theirs was taken", async () => {
    draft.answers.push(fails(412));
    edit("a");
    await vi.advanceTimersByTimeAsync(100);
    autosave.resume(false);
    expect(await autosave.flush()).toBe(true);
    expect(draft.sent).toEqual(["a@1"]);
  });

  it("waits for the next edit when the server refuses the draft", async () => {
    draft.answers.push(fails(422));
    edit("a");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(draft.states.at(-1)).toBe("refused");
    expect(draft.sent).toEqual(["a@1"]);
    edit("b");
    await vi.advanceTimersByTimeAsync(100);
    expect(draft.sent).toEqual(["a@1", "b@1"]);
  });

  it("sends what is left when it ends, and plans nothing more", async () => {
    edit("a");
    draft.answers.push(fails(0));
    expect(await autosave.dispose()).toBe(false);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(draft.sent).toEqual(["a@1"]);
  });

  it("answers a flush only after the save under way", async () => {
    edit("a");
    await vi.advanceTimersByTimeAsync(100);
    edit("b");
    expect(await autosave.flush()).toBe(true);
    expect(draft.sent).toEqual(["a@1", "b@2"]);
  });
});
