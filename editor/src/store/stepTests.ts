/** Tests of single steps that were begun in this visit, and the data that they are to see. Never part of the document. */
import { create } from "zustand";
import { cancelStepTest, startStepTest, type SampleSource, type StepTestBody } from "../api/stepTests";
import { saveNow } from "./draft";

/** Where the data of a test comes from, beside what is pinned. */
export type DataSource = { kind: "newest" } | { kind: "execution"; id: string | null } | { kind: "delivery"; id: string | null } | { kind: "json" } | { kind: "example" };

export type TestRun =
  | { phase: "starting" }
  | { phase: "unsaved" }
  | { phase: "refused"; error: Error }
  | { phase: "started"; testId: string; sources: Record<string, SampleSource>; stopped: boolean };

interface StepTestsState {
  /** By workflow: one choice holds for all of its nodes. */
  sources: Record<string, DataSource>;
  usePins: Record<string, boolean>;
  /** By node, "<workflow>/<node>": what was typed, and which item of its loop. */
  texts: Record<string, string>;
  items: Record<string, number>;
  runs: Record<string, TestRun>;
  /** A test that a key press has asked for; the panel of the node begins it. */
  asked: { nodeId: string; at: number } | null;
  set: (patch: Partial<Omit<StepTestsState, "set" | "ask">>) => void;
  ask: (nodeId: string | null) => void;
}

export const NEWEST: DataSource = { kind: "newest" };

export const useStepTests = create<StepTestsState>((set, get) => ({
  sources: {},
  usePins: {},
  texts: {},
  items: {},
  runs: {},
  asked: null,
  set: (patch) => {
    set(patch);
  },
  ask: (nodeId) => {
    set({ asked: nodeId === null ? null : { nodeId, at: (get().asked?.at ?? 0) + 1 } });
  },
}));

export function testKey(workflowId: string, nodeId: string): string {
  return `${workflowId}/${nodeId}`;
}

function setRun(key: string, run: TestRun): void {
  useStepTests.setState((state) => ({ runs: { ...state.runs, [key]: run } }));
}

/** Save the draft, which is what is tested, and begin a test of one of its nodes. */
export async function beginTest(workflowId: string, nodeId: string, body: Partial<StepTestBody>): Promise<void> {
  const key = testKey(workflowId, nodeId);
  if (useStepTests.getState().runs[key]?.phase === "starting") return;
  setRun(key, { phase: "starting" });
  try {
    if (!(await saveNow())) return setRun(key, { phase: "unsaved" });
    const started = await startStepTest(workflowId, nodeId, body);
    setRun(key, { phase: "started", testId: started.id, sources: started.sources, stopped: false });
  } catch (error) {
    setRun(key, { phase: "refused", error: error instanceof Error ? error : new Error(String(error)) });
  }
}

/** Stop a test; it is shown as stopped, whatever its worker still reports. */
export async function stopTest(workflowId: string, nodeId: string): Promise<void> {
  const key = testKey(workflowId, nodeId);
  const run = useStepTests.getState().runs[key];
  if (run?.phase !== "started") return;
  await cancelStepTest({ workflowId, nodeId, testId: run.testId });
  setRun(key, { ...run, stopped: true });
}
