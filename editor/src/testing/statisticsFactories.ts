/** What the server tells of a workflow's executions, for tests. */
import type { DayStatistics, Statistics, StepStatistics } from "../api/statistics";

export const NO_RUNS: Statistics["total"] = { total: 0, success: 0, failed: 0, running: 0, queued: 0, cancelled: 0, success_rate: null, duration_s: null };

export function makeDay(day: string, patch: Partial<DayStatistics> = {}): DayStatistics {
  const begin = new Date(`${day}T00:00:00Z`);
  return { ...NO_RUNS, day, begins_at: begin.toISOString(), ends_at: new Date(begin.getTime() + 86_400_000).toISOString(), ...patch };
}

export function makeStep(patch: Partial<StepStatistics> = {}): StepStatistics {
  return { node_id: "get_product", name: "Get the product", ended: 40, failed: 0, retried: 0, failure_rate: 0, duration_s: { p50: 0.4, p95: 2.2, p99: 9.8 }, ...patch };
}

export function makeStatistics(patch: Partial<Statistics> = {}): Statistics {
  return {
    workflow_id: "orders",
    workflow_name: "Orders",
    first_day: "2026-01-04",
    last_day: "2026-01-05",
    timezone: "UTC",
    counted_at: "2026-01-05T09:00:00Z",
    has_run: true,
    total: { total: 1240, success: 1236, failed: 2, running: 1, queued: 0, cancelled: 1, success_rate: 0.9984, duration_s: { p50: 8.1, p95: 75, p99: 130 } },
    timed_share: 1,
    days: [makeDay("2026-01-04"), makeDay("2026-01-05", { total: 1240, success: 1236, failed: 2, running: 1, cancelled: 1, success_rate: 0.9984, duration_s: { p50: 8.1, p95: 75, p99: 130 } })],
    triggers: [
      { type: "webhook", total: 1200 },
      { type: "manual", total: 40 },
    ],
    step_executions: 1240,
    slowest_steps: [makeStep(), makeStep({ node_id: "store", name: "Store", duration_s: null })],
    failing_steps: [makeStep({ failed: 2, retried: 9, failure_rate: 0.05 })],
    schedule: "none",
    next_runs: [],
    ...patch,
  };
}
