import { describe, expect, it } from "vitest";
import { parseInline, parseMarkdown } from "./parseMarkdown";

describe("parseMarkdown", () => {
  it("reads the blocks of a help text", () => {
    const kinds = parseMarkdown(
      ["# Title", "", "One line", "and its rest.", "", "- a", "- b", "  goes on", "", "1. first", "", "```sql", "select 1", "```"].join("\n"),
    );
    expect(kinds).toEqual([
      { kind: "heading", level: 1, children: [{ kind: "text", text: "Title" }] },
      { kind: "paragraph", children: [{ kind: "text", text: "One line and its rest." }] },
      { kind: "list", ordered: false, items: [[{ kind: "text", text: "a" }], [{ kind: "text", text: "b goes on" }]] },
      { kind: "list", ordered: true, items: [[{ kind: "text", text: "first" }]] },
      { kind: "code", language: "sql", text: "select 1" },
    ]);
  });

  it("reads tables", () => {
    expect(parseMarkdown("| a | b |\n|---|---|\n| `x` | y |")).toEqual([
      {
        kind: "table",
        header: [[{ kind: "text", text: "a" }], [{ kind: "text", text: "b" }]],
        rows: [[[{ kind: "code", text: "x" }], [{ kind: "text", text: "y" }]]],
      },
    ]);
  });

  it("ends with an unclosed fence", () => {
    expect(parseMarkdown("```\na")).toEqual([{ kind: "code", language: "", text: "a" }]);
  });
});

describe("parseInline", () => {
  it("keeps code as it is, also with stars and braces", () => {
    expect(parseInline("use `{{ a ** b }}` **now**")).toEqual([
      { kind: "text", text: "use " },
      { kind: "code", text: "{{ a ** b }}" },
      { kind: "text", text: " " },
      { kind: "strong", children: [{ kind: "text", text: "now" }] },
    ]);
  });

  it("leaves names with underscores alone", () => {
    expect(parseInline("a connection_id_field here")).toEqual([{ kind: "text", text: "a connection_id_field here" }]);
  });

  it("links only to web addresses", () => {
    expect(parseInline("[x](https://example.org)")).toMatchObject([{ kind: "link", href: "https://example.org" }]);
    expect(parseInline("[x](javascript:alert)")).toEqual([{ kind: "text", text: "x" }]);
  });
});
