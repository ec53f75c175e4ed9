import { describe, expect, it } from "vitest";
import { readEdited } from "./editedInput";

describe("readEdited", () => {
  it("sends nothing that nobody has changed", () => {
    expect(readEdited(null, '{"a": 1}')).toMatchObject({ changed: false, fault: null });
    expect(readEdited('{ "a":1 }', '{\n  "a": 1\n}')).toMatchObject({ changed: false });
  });

  it("sends what was changed, and nothing that is no JSON", () => {
    expect(readEdited('{"a": 2}', '{"a": 1}')).toEqual({ changed: true, value: { a: 2 }, fault: null });
    expect(readEdited("null", '{"a": 1}')).toEqual({ changed: true, value: null, fault: null });
    expect(readEdited('{"a": ', '{"a": 1}').fault).not.toBeNull();
  });
});
