import { expect, it } from "vitest";
import { withoutPlace } from "./issueText";

it.each([
  ['Node "Save order": "SQL": It is empty.', "It is empty."],
  ['Node "A": the statement uses %(x)s.', "The statement uses %(x)s."],
  ['Node "A", fields.5.value: expected a name.', "Expected a name."],
  ["The graph has a cycle: a, b, a.", "The graph has a cycle: a, b, a."],
])("shortens %j", (message, short) => {
  expect(withoutPlace(message)).toBe(short);
});
