/** Completion of expressions as pure functions over text and scope. */
import { expressionPath, isIdentifier, type Path } from "../schema/paths";
import { membersAt, type Member, type Scope } from "./scope";
import { tokenize, type ExpressionSegment, type Token } from "./tokenize";

/** What GET /expressions/language tells. */
export interface Language {
  names: LanguageWord[];
  functions: LanguageWord[];
  filters: LanguageWord[];
  tests: LanguageWord[];
}

export interface LanguageWord {
  name: string;
  /** How it is called: `default(fallback='')`. */
  signature?: string;
  summary?: string;
  example?: string;
}

export const NO_LANGUAGE: Language = { names: [], functions: [], filters: [], tests: [] };

export interface Suggestion {
  label: string;
  kind: "name" | "member" | "function" | "filter" | "test" | "keyword";
  /** Text to put in place of from…to. */
  insert: string;
  from: number;
  type?: string;
  member?: Member;
  signature?: string;
  summary?: string;
  example?: string;
}

export interface Completion {
  from: number;
  to: number;
  suggestions: Suggestion[];
}

const BEFORE_VALUE = ["not", "true", "false", "none"];
const AFTER_VALUE = ["if", "else", "and", "or", "in", "is"];

/** Suggestions at an offset of a template, or null where there is nothing to complete. */
export function complete(template: string, offset: number, scope: Scope, language: Language): Completion | null {
  const segment = expressionAt(template, offset);
  if (!segment) return null;
  const before = segment.tokens.filter((token) => token.from < offset);
  const last = before.at(-1);
  const isPartial = last !== undefined && last.to >= offset && (last.kind === "name" || last.kind === "keyword" || last.kind === "number");
  const word = isPartial ? last : undefined;
  const context = isPartial ? before.slice(0, -1) : before;
  const from = word ? word.from : offset;
  const previous = context.at(-1);

  if (last?.kind === "string" && last.to > offset - 1 && !isPartial) return completeKey(context, last, offset, scope);
  if (previous?.text === "|") return { from, to: offset, suggestions: words(language.filters, "filter", from) };
  if (previous?.kind === "keyword" && (previous.text === "is" || isNotTest(context))) {
    return { from, to: offset, suggestions: words(language.tests, "test", from) };
  }
  if (previous?.text === ".") {
    const path = pathBefore(context.slice(0, -1));
    if (!path) return null;
    return { from, to: offset, suggestions: membersAt(scope, path).map((member) => memberSuggestion(member, previous.from, from)) };
  }
  if (previous && endsValue(previous)) {
    return { from, to: offset, suggestions: keywords(AFTER_VALUE, from) };
  }
  return { from, to: offset, suggestions: [...roots(scope, language, from), ...words(language.functions, "function", from), ...keywords(BEFORE_VALUE, from)] };
}

export function expressionAt(template: string, offset: number): ExpressionSegment | null {
  for (const segment of tokenize(template)) {
    if (segment.kind === "expression" && segment.innerFrom <= offset && offset <= segment.innerTo) return segment;
  }
  return null;
}

function isNotTest(context: Token[]): boolean {
  return context.at(-1)?.text === "not" && context.at(-2)?.text === "is";
}

function endsValue(token: Token): boolean {
  if (token.kind === "name" || token.kind === "number" || token.kind === "string") return true;
  return [")", "]", "}", "true", "false", "none"].includes(token.text);
}

/** Read `a.b["c"][0]` backwards from the end of the tokens. */
export function pathBefore(tokens: Token[]): Path | null {
  const path: (string | number)[] = [];
  let index = tokens.length - 1;
  while (index >= 0) {
    const token = tokens[index];
    if (token?.text === "]") {
      const key = tokens[index - 1];
      if (!key || tokens[index - 2]?.text !== "[") return null;
      if (key.kind === "string") path.unshift(unquote(key.text));
      else if (key.kind === "number") path.unshift(Number(key.text));
      else return null;
      index -= 3;
      continue;
    }
    if (token?.kind !== "name" && token?.kind !== "number") return null;
    const dotted = tokens[index - 1]?.text === ".";
    if (token.kind === "number" && !dotted) return null;
    path.unshift(token.kind === "number" ? Number(token.text) : token.text);
    if (!dotted) return path;
    index -= 2;
  }
  return null;
}

function unquote(text: string): string {
  const end = text.length > 1 && text.endsWith(text[0] ?? "") ? -1 : undefined;
  return text.slice(1, end).replace(/\\(.)/g, "$1");
}

function completeKey(context: Token[], key: Token, offset: number, scope: Scope): Completion | null {
  if (context.at(-1) === key) context = context.slice(0, -1);
  if (context.at(-1)?.text !== "[") return null;
  const path = pathBefore(context.slice(0, -1));
  if (!path) return null;
  const from = key.from + 1;
  const suggestions = membersAt(scope, path).filter((member) => typeof member.key === "string");
  return { from, to: offset, suggestions: suggestions.map((member) => ({ ...described(member), insert: String(member.key), from })) };
}

function memberSuggestion(member: Member, dot: number, from: number): Suggestion {
  const plain = typeof member.key === "string" && isIdentifier(member.key);
  return plain
    ? { ...described(member), insert: String(member.key), from }
    : { ...described(member), insert: `[${JSON.stringify(member.key)}]`, from: dot };
}

function described(member: Member): Omit<Suggestion, "insert" | "from"> {
  return {
    label: String(member.key),
    kind: "member",
    type: member.type,
    member,
    ...(member.description ? { summary: member.description } : {}),
  };
}

function roots(scope: Scope, language: Language, from: number): Suggestion[] {
  const known = new Map(language.names.map((word) => [word.name, word]));
  return membersAt(scope, []).map((member) => {
    const summary = known.get(String(member.key))?.summary ?? member.description;
    return { ...described(member), kind: "name", insert: expressionPath([member.key]), from, ...(summary ? { summary } : {}) };
  });
}

function words(list: LanguageWord[], kind: "function" | "filter" | "test", from: number): Suggestion[] {
  return list.map(({ name, ...word }) => ({ ...word, label: name, kind, insert: kind === "function" ? `${name}()` : name, from }));
}

function keywords(list: string[], from: number): Suggestion[] {
  return list.map((label) => ({ label, kind: "keyword", insert: label, from }));
}
