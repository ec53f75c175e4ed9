/**
 * The small part of markdown that help texts use, as data.
 *
 * Headings, paragraphs, lists, tables, fenced code, and inline code, bold, italics and links. Nothing becomes HTML,
 * so a help text of an outside package cannot inject any.
 */

export type Inline =
  | { kind: "text"; text: string }
  | { kind: "code"; text: string }
  | { kind: "strong"; children: Inline[] }
  | { kind: "em"; children: Inline[] }
  | { kind: "link"; href: string; children: Inline[] };

export type Block =
  | { kind: "heading"; level: number; children: Inline[] }
  | { kind: "paragraph"; children: Inline[] }
  | { kind: "list"; ordered: boolean; items: Inline[][] }
  | { kind: "code"; language: string; text: string }
  | { kind: "table"; header: Inline[][]; rows: Inline[][][] };

const FENCE = /^\s*```(\w*)\s*$/;
const HEADING = /^(#{1,6})\s+(.*)$/;
const ITEM = /^\s*(?:[-*+]|(\d+)[.)])\s+(.*)$/;
const DIVIDER = /^\s*\|?\s*:?-{3,}:?\s*(\|\s*:?-{3,}:?\s*)*\|?\s*$/;

export function parseMarkdown(text: string): Block[] {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  const blocks: Block[] = [];
  let index = 0;
  while (index < lines.length) {
    const line = lines[index] ?? "";
    const fence = FENCE.exec(line);
    const heading = HEADING.exec(line);
    if (line.trim() === "") {
      index += 1;
    } else if (fence) {
      const end = findFenceEnd(lines, index + 1);
      blocks.push({ kind: "code", language: fence[1] ?? "", text: lines.slice(index + 1, end).join("\n") });
      index = end + 1;
    } else if (heading) {
      blocks.push({ kind: "heading", level: heading[1]?.length ?? 1, children: parseInline(heading[2] ?? "") });
      index += 1;
    } else if (ITEM.test(line)) {
      index = readList(lines, index, blocks);
    } else if (line.includes("|") && DIVIDER.test(lines[index + 1] ?? "")) {
      index = readTable(lines, index, blocks);
    } else {
      const start = index;
      while (index < lines.length && (index === start || isPlain(lines, index))) index += 1;
      const joined = lines.slice(start, index).map((one) => one.trim());
      blocks.push({ kind: "paragraph", children: parseInline(joined.join(" ")) });
    }
  }
  return blocks;
}

function isPlain(lines: string[], index: number): boolean {
  const line = lines[index] ?? "";
  return line.trim() !== "" && !FENCE.test(line) && !HEADING.test(line) && !ITEM.test(line);
}

function findFenceEnd(lines: string[], from: number): number {
  const end = lines.findIndex((line, index) => index >= from && /^\s*```\s*$/.test(line));
  return end < 0 ? lines.length : end;
}

function readList(lines: string[], from: number, blocks: Block[]): number {
  const items: string[] = [];
  const ordered = ITEM.exec(lines[from] ?? "")?.[1] !== undefined;
  let index = from;
  while (index < lines.length) {
    const line = lines[index] ?? "";
    const item = ITEM.exec(line);
    if (item) items.push(item[2] ?? "");
    // An indented line goes on with the item above it.
    else if (/^\s+\S/.test(line) && items.length > 0) items[items.length - 1] += ` ${line.trim()}`;
    else break;
    index += 1;
  }
  blocks.push({ kind: "list", ordered, items: items.map(parseInline) });
  return index;
}

function readTable(lines: string[], from: number, blocks: Block[]): number {
  const rows: Inline[][][] = [];
  let index = from + 2;
  while (index < lines.length && (lines[index] ?? "").includes("|")) {
    rows.push(cells(lines[index] ?? ""));
    index += 1;
  }
  blocks.push({ kind: "table", header: cells(lines[from] ?? ""), rows });
  return index;
}

function cells(line: string): Inline[][] {
  return line
    .trim()
    .replace(/^\||\|$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) => parseInline(cell.trim().replace(/\\\|/g, "|")));
}

const INLINE = /(`+)([\s\S]+?)\1|\*\*([^*]+)\*\*|__([^_]+)__|\[([^\]]+)\]\(([^()\s]+)\)|(?<![\w*])\*([^*\s][^*]*)\*(?!\w)|(?<!\w)_([^_\s][^_]*)_(?!\w)/g;

export function parseInline(text: string): Inline[] {
  const parts: Inline[] = [];
  let position = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > position) parts.push({ kind: "text", text: text.slice(position, match.index) });
    const [, , code, strong, strong2, label, href, em, em2] = match;
    if (code !== undefined) parts.push({ kind: "code", text: code.replace(/^ (.+) $/, "$1") });
    else if (label !== undefined && href !== undefined) parts.push(link(label, href));
    else if (strong !== undefined || strong2 !== undefined) parts.push({ kind: "strong", children: parseInline(strong ?? strong2 ?? "") });
    else parts.push({ kind: "em", children: parseInline(em ?? em2 ?? "") });
    position = match.index + match[0].length;
  }
  if (position < text.length) parts.push({ kind: "text", text: text.slice(position) });
  return parts;
}

/** Only web addresses become links; anything else (javascript:, data:) stays text. */
function link(label: string, href: string): Inline {
  return /^https?:\/\//i.test(href) || /^[/#]/.test(href)
    ? { kind: "link", href, children: parseInline(label) }
    : { kind: "text", text: label };
}
