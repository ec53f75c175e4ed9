import { act, renderHook } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import type { Json } from "../schema/jsonSchema";
import { useJsonText } from "./useJsonText";

function setUp(value: Json | undefined, field = Math.random().toString()) {
  const onChange = vi.fn();
  const hook = renderHook((current: Json | undefined) => useJsonText({ formId: "f", field, value: current, whenEmpty: null, onChange }), { initialProps: value });
  return { ...hook, onChange, field };
}

describe("useJsonText", () => {
  it("reports values and keeps broken text to itself", () => {
    const { result, onChange } = setUp({ a: 1 });
    act(() => result.current.setText('{"a": '));
    expect(result.current.fault).not.toBeNull();
    expect(onChange).not.toHaveBeenCalled();
    act(() => result.current.setText('{"a": 2}'));
    expect(result.current.fault).toBeNull();
    expect(onChange).toHaveBeenCalledWith({ a: 2 });
  });

  it("keeps broken text for the next visit, until the value changes elsewhere", () => {
    const first = setUp({ a: 1 }, "kept");
    act(() => first.result.current.setText("{oops"));
    first.unmount();
    const second = setUp({ a: 1 }, "kept");
    expect(second.result.current.text).toBe("{oops");
    expect(second.result.current.fault).not.toBeNull();
    second.rerender({ a: 3 });
    expect(second.result.current.text).toBe('{\n  "a": 3\n}');
    expect(second.result.current.fault).toBeNull();
  });

  it("does not rewrite what is typed when its own change comes back", () => {
    const { result, rerender } = setUp({ a: 1 });
    act(() => result.current.setText('{"a":2}'));
    rerender({ a: 2 });
    expect(result.current.text).toBe('{"a":2}');
  });

  it("reads empty text as what stands for empty", () => {
    const { result, onChange } = setUp({ a: 1 });
    act(() => result.current.setText("  "));
    expect(onChange).toHaveBeenCalledWith(null);
  });
});
