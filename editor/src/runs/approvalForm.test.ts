import { describe, expect, it } from "vitest";
import { readForm, startForm } from "./approvalForm";
import type { Approval } from "./types";

function field(name: string, patch: Partial<Approval["fields"][number]> = {}): Approval["fields"][number] {
  return { name, label: name, type: "text", options: [], value: null, required: false, ...patch };
}

const FIELDS = [field("reason", { required: true }), field("amount", { type: "number", value: 20 }), field("tell", { type: "boolean" })];

describe("the form of a question", () => {
  it("starts with the values of the server", () => {
    expect(startForm(FIELDS)).toEqual({ reason: null, amount: 20, tell: false });
  });

  it("asks for what is required, only to approve", () => {
    const values = startForm(FIELDS);
    expect(readForm(FIELDS, values, { approves: true }).faults).toEqual({ reason: "missing" });
    expect(readForm(FIELDS, { ...values, reason: "  " }, { approves: true }).faults).toEqual({ reason: "missing" });
    expect(readForm(FIELDS, values, { approves: false }).faults).toEqual({});
  });

  it("sends numbers as numbers", () => {
    const read = (amount: string) => readForm(FIELDS, { reason: "x", amount, tell: true }, { approves: true });
    expect(read("2,5").values).toEqual({ reason: "x", amount: 2.5, tell: true });
    expect(read("").values["amount"]).toBeNull();
    expect(read("many").faults).toEqual({ amount: "number" });
  });
});
