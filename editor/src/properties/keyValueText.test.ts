import { expect, it } from "vitest";
import { parsePairs } from "./keyValueText";

it.each([
  ["Accept: application/json\nX-Id: 5", [["Accept", "application/json"], ["X-Id", "5"]]],
  ["-H 'Accept: text/html'\n-H \"X: y\"", [["Accept", "text/html"], ["X", "y"]]],
  ["A=1\nexport B=\"two\"\n# no", [["A", "1"], ["B", "two"]]],
  ['{"a": "x", "n": 5}', [["a", "x"], ["n", "5"]]],
  ["?page=2&q=a%20b", [["page", "2"], ["q", "a b"]]],
  ["https://x.org/p?a=1", [["a", "1"]]],
  ["a=1&b=2", [["a", "1"], ["b", "2"]]],
  ["Content-Type: text/plain", [["Content-Type", "text/plain"]]],
  ["name\tvalue\nother\tv", [["name", "value"], ["other", "v"]]],
])("reads %j", (text, expected) => {
  expect(parsePairs(text)?.map((pair) => [pair.name, pair.value])).toEqual(expected);
});

it.each(["", "plain", "https://example.org/a", "{{ trigger.body }}", "two words\nmore words", "12:30"])("leaves %j to the input", (text) => {
  expect(parsePairs(text)).toBeNull();
});
