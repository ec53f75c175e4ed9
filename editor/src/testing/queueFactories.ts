/** What the server tells of the queue, for tests. */
import type { PauseState, QueueItem, QueuePause, QueueStats, WorkflowQueue } from "../api/queue";

const AT = "2026-01-05T09:00:00Z";
const COUNTS: QueueStats["total"] = { waiting: 0, scheduled: 0, running: 0, deferred: 0, retrying: 0, running_steps: 0, queued_steps: 0, done_last_hour: 0, failed_last_hour: 0, per_minute: 0, oldest_wait_s: null };

export function makePause(patch: Partial<QueuePause> = {}): QueuePause {
  return { workflow_id: null, reason: "The shop is down", paused_by: "bob", paused_at: AT, source: "flowforge", draining: false, ...patch };
}

export function makePauseState(patch: Partial<PauseState> = {}): PauseState {
  return { paused: Boolean(patch.pause), pause: null, workflows: [], drain: null, ...patch };
}

export function makeWorkflowQueue(patch: Partial<WorkflowQueue> = {}): WorkflowQueue {
  return { ...COUNTS, workflow_id: "orders", workflow_name: "Orders", paused: false, pause: null, max_active_runs: 16, priority: 0, ...patch };
}

export function makeQueueStats(patch: Partial<QueueStats> = {}): QueueStats {
  return {
    total: COUNTS,
    workflows: [makeWorkflowQueue()],
    paused: Boolean(patch.pause),
    pause: null,
    let_through: [],
    drain: { draining: false, drained: false, running_steps: 0, running: [], deferred: 0 },
    scheduler: { status: "healthy", latest_heartbeat: AT },
    triggerer: { status: "healthy", latest_heartbeat: AT },
    executor: { name: "LocalExecutor", parallelism: 32, occupied: 0, broker: null },
    generated_at: AT,
    ...patch,
  };
}

export function makeQueueItem(patch: Partial<QueueItem> = {}): QueueItem {
  return {
    execution_id: "orders.manual__one",
    delivery_id: null,
    workflow_id: "orders",
    workflow_name: "Orders",
    begun: false,
    since: AT,
    wait_s: 65,
    run_after: AT,
    priority: 0,
    reasons: [{ code: "paused", text: "All workflows are paused by bob.", text_ru: "Все процессы приостановлены: bob.", until: null, detail: {} }],
    ...patch,
  };
}
