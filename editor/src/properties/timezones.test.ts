import { expect, it } from "vitest";
import { listTimezones, matchTimezones, offsetOf } from "./timezones";

it("finds zones by city, region and offset", () => {
  const zones = ["America/New_York", "Asia/Kolkata", "Europe/Moscow", "UTC"];
  expect(matchTimezones(zones, "new york")).toEqual(["America/New_York"]);
  expect(matchTimezones(zones, "europe mos")).toEqual(["Europe/Moscow"]);
  expect(matchTimezones(zones, "+3")).toEqual(["Europe/Moscow"]);
  expect(matchTimezones(zones, "utc+05:30")).toEqual(["Asia/Kolkata"]);
  expect(matchTimezones(zones, "")).toEqual(zones);
});

it("puts names that start with the search first", () => {
  expect(matchTimezones(["America/Kentucky/Monticello", "Europe/Monaco", "Africa/Lome"], "mo")[0]).toBe("America/Kentucky/Monticello");
  expect(matchTimezones(["Asia/Almaty", "Europe/Malta"], "malta")).toEqual(["Europe/Malta"]);
});

it("always offers UTC", () => {
  expect(listTimezones()).toContain("UTC");
});

it("names offsets and survives unknown zones", () => {
  expect(offsetOf("Asia/Kolkata")).toBe("UTC+5:30");
  expect(offsetOf("Mars/Base")).toBe("");
});
