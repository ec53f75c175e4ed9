import { expect, test } from "vitest";
import { readRules } from "./RedactionRules";

test("each line that is not empty is a rule, once", () => {
  expect(readRules("$.trigger.body.card\n\n  $..password \n$..password\n")).toEqual(["$.trigger.body.card", "$..password"]);
});
