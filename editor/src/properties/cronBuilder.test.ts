import { describe, expect, it } from "vitest";
import { MINUTE_STEPS, readCron, REPEATS, withRepeat, writeCron } from "./cronBuilder";

describe("readCron and writeCron", () => {
  it.each([
    ["*/15 * * * *", { repeat: "minutes", every: 15 }],
    ["* * * * *", { repeat: "minutes", every: 1 }],
    ["30 * * * *", { repeat: "hourly", minute: 30 }],
    ["5 9 * * *", { repeat: "daily", hour: 9, minute: 5 }],
    ["0 9 * * 1-5", { repeat: "weekly", weekdays: [1, 2, 3, 4, 5] }],
    ["0 9 * * 0,6", { repeat: "weekly", weekdays: [0, 6] }],
    ["0 9 31 * *", { repeat: "monthly", day: 31 }],
    ["0 9 L * *", { repeat: "monthly", day: null }],
  ])("%s is clicked together and written the same", (expression, expected) => {
    const built = readCron(expression);
    expect(built).toMatchObject(expected);
    expect(built && writeCron(built)).toBe(expression);
  });

  it("reads names of days, presets and spaces", () => {
    expect(readCron("@weekly")).toMatchObject({ repeat: "weekly", weekdays: [0], hour: 0 });
    expect(readCron(" 0  9 * * mon-wed,SUN ")).toMatchObject({ weekdays: [0, 1, 2, 3] });
    expect(readCron("0 9 * * 5-7")).toMatchObject({ weekdays: [0, 5, 6] });
  });

  it.each(["", "0 9", "*/7 * * * *", "0 9 1 * 1", "0 9 * 3 *", "0 9-17 * * *", "0,30 9 * * *", "0 24 * * *", "0 9 * * 5#2", "0 9 * * 5-1"])("leaves %s to the expression", (expression) => {
    expect(readCron(expression)).toBeNull();
  });

  it("keeps the time when the repetition changes", () => {
    expect(withRepeat("45 17 * * *", "weekly")).toBe("45 17 * * 1-5");
    expect(withRepeat("45 17 * * *", "monthly")).toBe("45 17 1 * *");
    expect(withRepeat("nothing that can be read", "daily")).toBe("0 9 * * *");
    for (const repeat of REPEATS) expect(readCron(withRepeat("0 9 * * *", repeat))?.repeat).toBe(repeat);
  });

  it("spaces minutes evenly", () => {
    for (const step of MINUTE_STEPS) expect(60 % step).toBe(0);
  });
});
