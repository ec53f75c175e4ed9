/** Many name/value rows at once, from a paste: headers, query strings, .env lines, tables, JSON objects. */
import { isObject } from "../schema/jsonSchema";

export interface Pair {
  name: string;
  value: string;
}

/** Read pasted text as rows; null when it is just one value and belongs into the input itself. */
export function parsePairs(text: string): Pair[] | null {
  const trimmed = text.trim();
  if (trimmed === "") return null;
  return parseJson(trimmed) ?? parseQuery(trimmed) ?? parseLines(trimmed);
}

function parseJson(text: string): Pair[] | null {
  if (!text.startsWith("{") || text.startsWith("{{")) return null;
  try {
    const value: unknown = JSON.parse(text);
    if (!isObject(value)) return null;
    return Object.entries(value).map(([name, one]) => ({ name, value: typeof one === "string" ? one : JSON.stringify(one) }));
  } catch {
    return null;
  }
}

function parseQuery(text: string): Pair[] | null {
  const query = /^(?:https?:\/\/[^\s?]+)?\?([^\s#]+)/.exec(text)?.[1] ?? (/^[^\s=&{]+=[^\s&]*(?:&[^\s=&]+=[^\s&]*)+$/.test(text) ? text : null);
  if (!query) return null;
  return [...new URLSearchParams(query)].map(([name, value]) => ({ name, value }));
}

const LINE = /^\s*(?:-H\s+|--header\s+|export\s+)?["']?([^\s:=\t"']+)["']?\s*(?:\t|:\s?|=)\s*(.*?)\s*,?\s*$/;

function parseLines(text: string): Pair[] | null {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "" && !line.trim().startsWith("#"));
  const pairs = lines.map((line) => {
    const match = LINE.exec(line);
    return match?.[1] === undefined ? null : { name: match[1], value: unquote(match[2] ?? "") };
  });
  if (pairs.some((pair) => pair === null)) return null;
  // One line without a separator that headers use is an ordinary value, such as a url.
  if (lines.length === 1 && !/^[A-Za-z0-9_-]+(?::\s|\t)/.test(lines[0]?.trim() ?? "")) return null;
  return pairs as Pair[];
}

function unquote(value: string): string {
  const match = /^(["'])(.*)\1$/.exec(value);
  return match?.[2] ?? value.replace(/["']$/, "");
}
