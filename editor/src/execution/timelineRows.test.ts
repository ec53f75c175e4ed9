import { describe, expect, it } from "vitest";
import type { Execution, Step } from "../api/types";
import { axisTicks, timelineRows } from "./timelineRows";

const at = (second: number) => new Date(Date.UTC(2026, 0, 5, 9, 0, second)).toISOString();
const ms = (second: number) => Date.UTC(2026, 0, 5, 9, 0, second);

function step(node_id: string, patch: Partial<Step> = {}): Step {
  return { node_id, name: node_id, type: "transform", state: "success", tries: 1, max_tries: 1, started_at: at(1), ended_at: at(2), duration_s: 1, ...patch } as Step;
}

function execution(patch: Partial<Execution>): Execution {
  return { state: "running", created_at: at(0), started_at: at(0), ended_at: null, steps: [], timeline: null, ...patch } as Execution;
}

const bar = (node_id: string, try_number: number, patch: object = {}) => ({
  node_id,
  name: node_id,
  try_number,
  map_index: -1,
  state: "success" as const,
  scheduled_at: at(1),
  queued_at: at(1),
  started_at: at(2),
  ended_at: at(4),
  ...patch,
});

describe("timelineRows", () => {
  it("puts each try into its step's row, and lets what runs grow until now", () => {
    const bars = [bar("get", 1, { state: "up_for_retry" }), bar("get", 2, { state: "running", scheduled_at: at(5), queued_at: at(5), started_at: at(6), ended_at: null })];
    const chart = timelineRows(execution({ steps: [step("start", { tries: 0 }), step("get")], timeline: { bars, moments: [], truncated: false } }), ms(9));
    expect(chart.rows.map((row) => [row.step.node_id, row.bars.map((one) => [one.tryNumber, one.from, one.start, one.end])])).toEqual([
      ["start", []],
      [
        "get",
        [
          [1, ms(1), ms(2), ms(4)],
          [2, ms(5), ms(6), ms(9)],
        ],
      ],
    ]);
    expect([chart.begin, chart.end]).toEqual([ms(0), ms(9)]);
  });

  it("draws the last try where the server has no timeline, and nothing where nothing began", () => {
    const chart = timelineRows(execution({ ended_at: at(3), steps: [step("start", { tries: 0 }), step("get")] }), ms(99));
    expect(chart.rows[1]?.bars).toMatchObject([{ start: ms(1), end: ms(2) }]);
    expect([chart.begin, chart.end]).toEqual([ms(0), ms(3)]);
    expect(timelineRows(execution({ created_at: null, started_at: null }), ms(1))).toMatchObject({ rows: [], begin: 0, end: 1 });
  });
});

describe("axisTicks", () => {
  it("is round and never crowded", () => {
    expect(axisTicks(7, 6)).toEqual([0, 2, 4, 6]);
    expect(axisTicks(0.6, 6)).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6]);
    expect(axisTicks(4000, 6)).toEqual([0, 900, 1800, 2700, 3600]);
    expect(axisTicks(100 * 604_800, 5).length).toBeLessThanOrEqual(6);
  });
});
