/**
 * Saves the draft by itself, a moment after the last edit.
 *
 * One save is under way at a time; edits made meanwhile are saved after it. Without a connection it tries again,
 * ever more seldom. When somebody else has saved a newer version (412) it stops and lets the user decide.
 */
import { ApiProblem } from "../api/client";
import type { WorkflowDetail } from "../api/types";
import type { Graph } from "../graph/types";
import type { SaveState } from "./editorStore";

export interface AutosaveHost {
  /** The graph as it is now, and the version of the draft that it grew from. */
  read: () => { graph: Graph; version: number } | null;
  save: (graph: Graph, version: number) => Promise<WorkflowDetail>;
  /** Called after each save, with the graph that was sent. */
  saved: (workflow: WorkflowDetail, graph: Graph) => void;
  state: (state: SaveState, problem: ApiProblem | Error | null) => void;
}

export interface AutosaveTiming {
  delayMs: number;
  retryMs: number;
  maxRetryMs: number;
}

export const DEFAULT_TIMING: AutosaveTiming = { delayMs: 700, retryMs: 1_500, maxRetryMs: 30_000 };

export class Autosave {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: Promise<boolean> | null = null;
  private failures = 0;
  private stopped = false;
  private dirty = false;

  constructor(
    private readonly host: AutosaveHost,
    private readonly timing: AutosaveTiming = DEFAULT_TIMING,
  ) {}

  /** Tell that the graph has changed. */
  touch(): void {
    this.dirty = true;
    if (this.stopped) return;
    if (this.failures === 0) this.plan(this.timing.delayMs);
  }

  /** Save now what is unsaved; true when everything is on the server afterwards. */
  async flush(): Promise<boolean> {
    clearTimeout(this.timer);
    while (this.running) await this.running;
    if (!this.dirty) return true;
    if (this.stopped) return false;
    return this.run();
  }

  get isDirty(): boolean {
    return this.dirty || this.running !== null;
  }

  /** After a conflict: go on from the version that `read` gives now. `dirty`: whether there is something to save. */
  resume(dirty: boolean): void {
    this.stopped = false;
    this.failures = 0;
    this.dirty = dirty;
    if (dirty) this.plan(0);
  }

  /** No more timers; unsaved edits are sent once more. */
  dispose(): Promise<boolean> {
    const done = this.flush();
    this.disposed = true;
    return done;
  }

  private disposed = false;

  private plan(delay: number): void {
    clearTimeout(this.timer);
    if (this.disposed) return;
    this.timer = setTimeout(() => {
      void this.flush();
    }, delay);
  }

  private run(): Promise<boolean> {
    this.running = this.saveOnce().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  private async saveOnce(): Promise<boolean> {
    const now = this.host.read();
    if (!now) return true;
    this.dirty = false;
    this.host.state("saving", null);
    try {
      const workflow = await this.host.save(now.graph, now.version);
      this.failures = 0;
      this.host.saved(workflow, now.graph);
      this.host.state(this.dirty ? "unsaved" : "saved", null);
      if (this.dirty) this.plan(this.timing.delayMs);
      return !this.dirty;
    } catch (error) {
      this.dirty = true;
      this.fail(error);
      return false;
    }
  }

  private fail(error: unknown): void {
    const problem = error instanceof Error ? error : new Error(String(error));
    const status = error instanceof ApiProblem ? error.status : 0;
    if (status === 412) {
      this.stopped = true;
      this.host.state("conflict", problem);
    } else if (status === 0 || status >= 500 || status === 408 || status === 429) {
      this.failures++;
      this.host.state("offline", problem);
      this.plan(Math.min(this.timing.maxRetryMs, this.timing.retryMs * 2 ** (this.failures - 1)));
    } else {
      // The server will not take it as it is; the next edit tries again.
      this.host.state("refused", problem);
    }
  }
}
