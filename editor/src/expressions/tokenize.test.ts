import { describe, expect, it } from "vitest";
import { holdsTemplate, isTemplate, isWholeExpression, tokenize } from "./tokenize";

function shape(template: string): string[] {
  return tokenize(template).map((segment) =>
    segment.kind === "text"
      ? `text:${template.slice(segment.from, segment.to)}`
      : `${segment.closed ? "expr" : "open"}:${segment.tokens.map((token) => `${token.kind[0]}(${token.text})`).join(" ")}`,
  );
}

describe("tokenize", () => {
  it("tells text from expressions", () => {
    expect(shape("Order {{ trigger.body.id }} is {{ 2 }}!")).toEqual([
      "text:Order ",
      "expr:n(trigger) o(.) n(body) o(.) n(id)",
      "text: is ",
      "expr:n(2)",
      "text:!",
    ]);
  });

  it("does not end an expression inside strings or brackets", () => {
    expect(shape(`{{ "}}" ~ {"a": {"b": 1}} }}`)).toEqual([
      `expr:s("}}") o(~) o({) s("a") o(:) o({) s("b") o(:) n(1) o(}) o(})`,
    ]);
  });

  it("ends with }} directly after a closed bracket", () => {
    expect(shape("{{ {'a':1}}} x")).toEqual(["expr:o({) s('a') o(:) n(1) o(})", "text: x"]);
  });

  it("keeps an unfinished expression open to the end", () => {
    expect(shape("a {{ steps.x | ")).toEqual(["text:a ", "open:n(steps) o(.) n(x) o(|)"]);
    expect(shape("{{ 'half")).toEqual(["open:s('half)"]);
  });

  it("knows keywords, operators of two characters and other alphabets", () => {
    expect(shape("{{ 7 // 2 if заказ is defined else none }}")).toEqual([
      "expr:n(7) o(//) n(2) k(if) n(заказ) k(is) n(defined) k(else) k(none)",
    ]);
  });

  it("takes whitespace control as part of the braces", () => {
    const [segment] = tokenize("{{- a -}}");
    expect(segment).toMatchObject({ kind: "expression", innerFrom: 3, innerTo: 6, to: 9, closed: true });
  });

  it("never fails on strange text", () => {
    expect(shape("}} {{ § }}")).toEqual(["text:}} ", "expr:u(§)"]);
  });
});

describe("questions about templates", () => {
  it("finds whole expressions", () => {
    expect(isWholeExpression(" {{ a }} ")).toBe(true);
    expect(isWholeExpression("{{ a }}{{ b }}")).toBe(false);
    expect(isWholeExpression("{{ a ")).toBe(false);
  });

  it("finds templates inside of values", () => {
    expect(isTemplate("{{ a }}")).toBe(true);
    expect(isTemplate(5)).toBe(false);
    expect(holdsTemplate({ a: [{ b: "x {{ y }}" }] })).toBe(true);
    expect(holdsTemplate({ a: ["{"] })).toBe(false);
  });
});
