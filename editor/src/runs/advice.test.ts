import { expect, it } from "vitest";
import { adviceFor } from "./advice";
import { runsMessages } from "./messages";
import { mainStep, readFault, type Step } from "./types";

function advice(code: string, detail: unknown = null) {
  return adviceFor({ type: null, code, message: "", detail, tryNumber: null });
}

it("tells statuses apart", () => {
  expect([401, 404, 418, 502].map((status) => advice("http-status", { status }))).toEqual(["advice.http-401", "advice.http-404", "advice.http-4xx", "advice.http-5xx"]);
});

it("knows kinds of errors and leaves the rest to their own words", () => {
  expect([advice("expression-undefined"), advice("step-timeout"), advice("output-too-large"), advice("no-fields")]).toEqual(["advice.expression", "advice.timeout", "advice.output", null]);
});

it("has a text for each advice in both languages", () => {
  const english = Object.keys(runsMessages.en).filter((key) => key.startsWith("advice."));
  expect(Object.keys(runsMessages.ru)).toEqual(expect.arrayContaining(english));
});

it("reads faults whatever their shape", () => {
  expect(readFault(null)).toBeNull();
  expect(readFault({})).toMatchObject({ code: "step-error", message: "" });
  expect(readFault("boom")).toMatchObject({ message: "boom" });
});

it("finds the step that a reader wants first", () => {
  const steps = (...states: string[]) => states.map((state, index) => ({ node_id: String(index), state }) as Step);
  expect(mainStep(steps("success", "failed", "running"))?.node_id).toBe("1");
  expect(mainStep(steps("success", "running", "none"))?.node_id).toBe("1");
  expect(mainStep(steps("success", "success", "skipped"))?.node_id).toBe("1");
});
