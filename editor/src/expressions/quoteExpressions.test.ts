import { expect, it } from "vitest";
import { quoteExpressions } from "./quoteExpressions";

it("quotes bare expressions", () => {
  expect(quoteExpressions('{"id": {{ trigger.body["id"] }}, "n": 1}')).toBe('{"id": "{{ trigger.body[\\"id\\"] }}", "n": 1}');
});

it("escapes quotes of expressions that stand in strings", () => {
  expect(quoteExpressions('{"a": "no {{ x["y"] }}"}')).toBe('{"a": "no {{ x[\\"y\\"] }}"}');
});

it("gives up on text that stays broken", () => {
  expect(quoteExpressions('{"a": {{ x }')).toBeNull();
  expect(quoteExpressions('{"a" {{ x }}}')).toBeNull();
});
