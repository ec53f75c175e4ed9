import { describe, expect, it } from "vitest";
import { complete, pathBefore, type Language } from "./complete";
import type { Scope } from "./scope";
import { tokenize } from "./tokenize";

const LANGUAGE: Language = {
  names: [{ name: "trigger", summary: "What started the run" }],
  functions: [{ name: "now", signature: "now(timezone=null)" }],
  filters: [{ name: "upper" }, { name: "default" }],
  tests: [{ name: "defined" }],
};
const SCOPE: Scope = {
  data: { trigger: { body: { id: 7, "unit price": 4.5, lines: [{ sku: "a" }] } }, steps: {} },
  schema: {
    type: "object",
    properties: {
      trigger: {},
      steps: {
        type: "object",
        properties: {
          get_product: {
            type: "object",
            properties: { status: { type: "integer", description: "HTTP status" }, body: {} },
          },
        },
      },
    },
  },
};

/** Labels at the `|` mark. */
function at(marked: string): string[] | null {
  const offset = marked.indexOf("¦");
  const completion = complete(marked.replace("¦", ""), offset, SCOPE, LANGUAGE);
  return completion && completion.suggestions.map((suggestion) => suggestion.label);
}

describe("complete", () => {
  it("offers nothing in plain text", () => {
    expect(at("hello ¦ {{ trigger }}")).toBeNull();
  });

  it("offers the names of the scope", () => {
    expect(at("{{ ¦ }}")?.slice(0, 2)).toEqual(["trigger", "steps"]);
    expect(at("{{ tri¦ }}")?.slice(0, 2)).toEqual(["trigger", "steps"]);
  });

  it("offers members from data and from schemas", () => {
    expect(at("{{ trigger.body.¦ }}")).toEqual(["id", "unit price", "lines"]);
    expect(at("{{ steps.get_product.st¦")).toEqual(["status", "body"]);
    expect(at("{{ trigger.body.lines[0].¦ }}")).toEqual(["sku"]);
  });

  it("writes keys that are no identifiers with brackets, in place of the dot", () => {
    const completion = complete("{{ trigger.body. }}", 16, SCOPE, LANGUAGE);
    const suggestion = completion?.suggestions.find((one) => one.label === "unit price");
    expect(suggestion).toMatchObject({ insert: '["unit price"]', from: 15 });
  });

  it("completes keys inside of brackets", () => {
    expect(at('{{ trigger.body["u¦')).toEqual(["id", "unit price", "lines"]);
  });

  it("offers functions, ready to be called", () => {
    const completion = complete("{{ n }}", 4, SCOPE, LANGUAGE);
    expect(completion?.suggestions.find((one) => one.label === "now")).toMatchObject({ kind: "function", insert: "now()" });
  });

  it("offers filters after a pipe and tests after is", () => {
    expect(at("{{ trigger | up¦ }}")).toEqual(["upper", "default"]);
    expect(at("{{ trigger is ¦ }}")).toEqual(["defined"]);
    expect(at("{{ trigger is not ¦ }}")).toEqual(["defined"]);
  });

  it("offers operators after a value", () => {
    expect(at("{{ trigger.body.id ¦ }}")).toContain("if");
  });

  it("offers nothing after a dot behind something computed", () => {
    expect(at("{{ (1 + 2).¦ }}")).toBeNull();
  });
});

describe("pathBefore", () => {
  function path(expression: string) {
    const [segment] = tokenize(`{{ ${expression} }}`);
    return segment?.kind === "expression" ? pathBefore(segment.tokens) : null;
  }

  it("reads dots and brackets", () => {
    expect(path(`a.b["c d"][0]`)).toEqual(["a", "b", "c d", 0]);
    expect(path("x + steps.one")).toEqual(["steps", "one"]);
    expect(path("a[key]")).toBeNull();
  });
});
