/**
 * Split a template into plain text and `{{ expressions }}`, and those into tokens.
 *
 * Follows the lexer of Jinja: `}}` ends an expression unless a bracket is open, and never inside a string.
 * It never fails, since it runs at every keystroke on unfinished text.
 */

export type TokenKind = "name" | "keyword" | "string" | "number" | "operator" | "unknown";

export interface Token {
  kind: TokenKind;
  text: string;
  /** Offsets in the whole template. */
  from: number;
  to: number;
}

export interface TextSegment {
  kind: "text";
  from: number;
  to: number;
}

export interface ExpressionSegment {
  kind: "expression";
  /** Offsets with the braces. */
  from: number;
  to: number;
  /** Offsets without the braces. */
  innerFrom: number;
  innerTo: number;
  closed: boolean;
  tokens: Token[];
}

export type Segment = TextSegment | ExpressionSegment;

const KEYWORDS = new Set(["and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None"]);
const OPEN = "([{";
const CLOSE = ")]}";
const PATTERNS: [TokenKind, RegExp][] = [
  ["string", /'(?:[^'\\]|\\[\s\S])*'?|"(?:[^"\\]|\\[\s\S])*"?/y],
  ["number", /\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?/y],
  ["name", /[\p{L}_][\p{L}\p{N}_]*/uy],
  ["operator", /\/\/|\*\*|==|!=|>=|<=|[+\-*/%~<>=()[\]{}|.,:;]/y],
];

export function tokenize(template: string): Segment[] {
  const segments: Segment[] = [];
  let position = 0;
  while (position < template.length) {
    const start = template.indexOf("{{", position);
    if (start < 0) break;
    if (start > position) segments.push({ kind: "text", from: position, to: start });
    const expression = readExpression(template, start);
    segments.push(expression);
    position = expression.to;
  }
  if (position < template.length) segments.push({ kind: "text", from: position, to: template.length });
  return segments;
}

function readExpression(template: string, from: number): ExpressionSegment {
  const tokens: Token[] = [];
  let depth = 0;
  // Jinja's whitespace control, `{{-` and `-}}`, is part of the braces.
  let position = from + 2;
  if (template[position] === "-" || template[position] === "+") position += 1;
  const innerFrom = position;
  while (position < template.length) {
    if (depth === 0) {
      const end = /[-+]?\}\}/y;
      end.lastIndex = position;
      const match = end.exec(template);
      if (match) {
        return { kind: "expression", from, to: position + match[0].length, innerFrom, innerTo: position, closed: true, tokens };
      }
    }
    if (/\s/.test(template[position] ?? "")) {
      position += 1;
      continue;
    }
    const token = readToken(template, position);
    tokens.push(token);
    if (token.kind === "operator" && OPEN.includes(token.text)) depth += 1;
    if (token.kind === "operator" && CLOSE.includes(token.text)) depth = Math.max(0, depth - 1);
    position = token.to;
  }
  return { kind: "expression", from, to: template.length, innerFrom, innerTo: template.length, closed: false, tokens };
}

function readToken(template: string, from: number): Token {
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = from;
    const match = pattern.exec(template);
    if (match) {
      const text = match[0];
      return { kind: kind === "name" && KEYWORDS.has(text) ? "keyword" : kind, text, from, to: from + text.length };
    }
  }
  const text = String.fromCodePoint(template.codePointAt(from) ?? 0);
  return { kind: "unknown", text, from, to: from + text.length };
}

/** Whether a value is text that holds an expression. */
export function isTemplate(value: unknown): value is string {
  return typeof value === "string" && value.includes("{{");
}

/** Whether the text is one whole expression, whose value keeps its type. */
export function isWholeExpression(template: string): boolean {
  const segments = tokenize(template.trim());
  return segments.length === 1 && segments[0]?.kind === "expression" && segments[0].closed;
}

/** Whether any string inside the value holds an expression. */
export function holdsTemplate(value: unknown): boolean {
  if (typeof value === "string") return isTemplate(value);
  if (Array.isArray(value)) return value.some(holdsTemplate);
  if (typeof value === "object" && value !== null) return Object.entries(value).some(([k, v]) => isTemplate(k) || holdsTemplate(v));
  return false;
}
