import { describe, expect, it } from "vitest";
import { issueText, withoutPlace } from "./issueText";

it.each([
  ['Node "Save order": "SQL": It is empty.', "It is empty."],
  ['Node "A": the statement uses %(x)s.', "The statement uses %(x)s."],
  ['Node "A", fields.5.value: expected a name.', "Expected a name."],
  ["The graph has a cycle: a, b, a.", "The graph has a cycle: a, b, a."],
])("shortens %j", (message, short) => {
  expect(withoutPlace(message)).toBe(short);
});

describe("issueText", () => {
  const message = 'Node "a": "URL" is missing. Give it a value.';

  it("is the server's text in English, without the place", () => {
    expect(issueText({ code: "missing-parameter", message: 'Node "a": "URL": It is empty.' }, "en")).toBe("It is empty.");
    expect(issueText({ code: "no-trigger", message: "Nothing starts it." }, "en-GB")).toBe("Nothing starts it.");
  });

  it("is told by its code in Russian, with the facts where there are some", () => {
    expect(issueText({ code: "missing-parameter", message }, "ru")).toBe("Поле не заполнено. Укажите значение.");
    expect(issueText({ code: "cycle", message: "The graph has a cycle: a, b, a." }, "ru")).toBe("Шаги ведут по кругу. Удалите одну из связей. (The graph has a cycle: a, b, a.)");
  });

  it("is better told in English than not at all", () => {
    expect(issueText({ code: "brand-new", message: "What to do." }, "ru")).toBe("What to do.");
  });
});
