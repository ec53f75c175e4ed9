import { describe, expect, it } from "vitest";
import { actionOf } from "./useShortcuts";

/** "Ctrl+Shift+KeyZ" -> what it means; `key` is what a Russian keyboard types there. */
function press(text: string, key = ""): ReturnType<typeof actionOf> {
  const parts = text.split("+");
  const code = parts.at(-1) ?? "";
  return actionOf({ code, key: key || code, ctrlKey: parts.includes("Ctrl"), metaKey: parts.includes("Meta"), shiftKey: parts.includes("Shift"), altKey: parts.includes("Alt") });
}

describe("actionOf", () => {
  it.each([
    ["Ctrl+KeyZ", "undo"],
    ["Meta+KeyZ", "undo"],
    ["Ctrl+Shift+KeyZ", "redo"],
    ["Ctrl+KeyY", "redo"],
    ["Ctrl+KeyS", "save"],
    ["Ctrl+Enter", "run"],
    ["Ctrl+Shift+Enter", "test"],
    ["KeyN", "picker"],
    ["Delete", "delete"],
    ["Backspace", "delete"],
    ["Shift+Alt+KeyT", "tidy"],
  ])("%s: %s", (keys, action) => {
    expect(press(keys)).toBe(action);
  });

  it("goes by the place of a key, so that it works on a Russian keyboard", () => {
    expect(press("KeyN", "т")).toBe("picker");
    expect(press("Ctrl+KeyZ", "я")).toBe("undo");
  });

  it.each(["Ctrl+KeyK", "Ctrl+KeyN", "Ctrl+Shift+KeyS", "Ctrl+Alt+KeyZ", "Shift+KeyN", "KeyX", "Ctrl+KeyC"])("leaves %s to the browser and the host", (keys) => {
    expect(press(keys)).toBeNull();
  });
});
