/** A command line as words, as the shell that it was written for splits it. */

export interface Words {
  words: string[];
  /** What the shell would fill in: `$TOKEN`, `$(date)`. It stands in the words as it was written. */
  variables: string[];
}

/** Browsers on Windows write for cmd: quotes and line ends stand behind carets, where POSIX shells have a new word. */
const CMD = /^\^(?:"|\r?\n)/;

export function splitWords(command: string): Words {
  return new PosixSplitter(command).split() ?? { words: splitProgramArguments(withoutCarets(command)), variables: [] };
}

/** POSIX shells and bash: quotes, backslashes, `$'…'`, continued lines; ends at a pipe or the next command. */
class PosixSplitter {
  private words: string[] = [];
  private variables: string[] = [];
  private word: string | null = null;
  private at = 0;

  constructor(private readonly text: string) {}

  /** Null when the command was written for cmd. */
  split(): Words | null {
    while (this.at < this.text.length && !this.isEnd()) {
      if (this.word === null && CMD.test(this.text.slice(this.at, this.at + 3))) return null;
      this.step();
    }
    this.finishWord();
    return { words: this.words, variables: this.variables };
  }

  /** Whether another command begins here, or the output goes somewhere. An `&` inside of an address is taken for a part of it. */
  private isEnd(): boolean {
    return /^(?:[|;]|&&|&\s|&$|\d?>)/.test(this.text.slice(this.at, this.at + 3)) && (this.word === null || !/^(?:\d?>|&$)/.test(this.text.slice(this.at)));
  }

  private step(): void {
    const rest = this.text.slice(this.at);
    // A backtick continues lines in PowerShell.
    const continued = /^[\\`]\r?\n/.exec(rest)?.[0];
    if (continued) this.at += continued.length;
    else if (/^\s/.test(rest)) {
      this.finishWord();
      this.at += 1;
    } else if (rest.startsWith("$'")) this.readAnsi();
    else if (rest.startsWith("'")) this.readSingle();
    else if (rest.startsWith('"') || rest.startsWith('$"')) this.readDouble(rest.startsWith("$") ? 2 : 1);
    else if (rest.startsWith("\\")) {
      this.add(rest[1] ?? "");
      this.at += 2;
    } else this.readPlain();
  }

  private readPlain(): void {
    this.noteVariable();
    this.add(this.text[this.at] ?? "");
    this.at += 1;
  }

  private readSingle(): void {
    const end = this.text.indexOf("'", this.at + 1);
    const stop = end < 0 ? this.text.length : end;
    this.add(this.text.slice(this.at + 1, stop));
    this.at = stop + 1;
  }

  private readDouble(skip: number): void {
    this.at += skip;
    this.add("");
    while (this.at < this.text.length && this.text[this.at] !== '"') {
      const next = this.text[this.at + 1] ?? "";
      if (this.text[this.at] === "\\" && ['"', "\\", "$", "`"].includes(next)) {
        this.add(next);
        this.at += 2;
      } else if (this.text[this.at] === "\\" && next === "\n") this.at += 2;
      else this.readPlain();
    }
    this.at += 1;
  }

  private readAnsi(): void {
    const start = this.at + 2;
    let end = start;
    while (end < this.text.length && this.text[end] !== "'") end += this.text[end] === "\\" ? 2 : 1;
    this.add(unescapeAnsi(this.text.slice(start, end)));
    this.at = end + 1;
  }

  private noteVariable(): void {
    const found = /^\$(?:[A-Za-z_]\w*|\{[^}]*\}|\([^)]*\))/.exec(this.text.slice(this.at))?.[0];
    if (found && !this.variables.includes(found)) this.variables.push(found);
  }

  private add(text: string): void {
    this.word = (this.word ?? "") + text;
  }

  private finishWord(): void {
    if (this.word !== null) this.words.push(this.word);
    this.word = null;
  }
}

const SIMPLE: Record<string, string> = { a: "\x07", b: "\b", e: "\x1b", E: "\x1b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" };
const ANSI = /\\(?:u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|((?:x[0-9a-fA-F]{1,2}|[0-7]{1,3})(?:\\(?:x[0-9a-fA-F]{1,2}|[0-7]{1,3}))*)|c([\s\S])|([\s\S]))/g;

/** The inside of bash's `$'…'`; neighbouring bytes (`\xc3\xa4`) are read as UTF-8. */
export function unescapeAnsi(text: string): string {
  return text.replace(ANSI, (_all, short?: string, long?: string, bytes?: string, control?: string, one?: string) => {
    const unicode = short ?? long;
    if (unicode !== undefined) return codePoint(Number.parseInt(unicode, 16));
    if (bytes !== undefined) return decodeBytes(bytes);
    if (control !== undefined) return String.fromCharCode(control.charCodeAt(0) & 0x1f);
    return SIMPLE[one ?? ""] ?? one ?? "";
  });
}

function codePoint(code: number): string {
  return code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";
}

function decodeBytes(escapes: string): string {
  const numbers = escapes.split("\\").map((one) => (one.startsWith("x") ? Number.parseInt(one.slice(1), 16) : Number.parseInt(one, 8)));
  return new TextDecoder().decode(Uint8Array.from(numbers));
}

/** What cmd hands on: a caret takes the meaning of the next character, also that of a line end, but not inside of quotes. */
function withoutCarets(text: string): string {
  let result = "";
  let quoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index] ?? "";
    if (character === '"') quoted = !quoted;
    if (character !== "^" || quoted) {
      result += character;
      continue;
    }
    // A line end is left out, and what follows it is taken as it is: that is how a line end gets into an argument.
    const lineEnd = /^\r?\n/.exec(text.slice(index + 1))?.[0] ?? "";
    const next = /^\r?\n/.exec(text.slice(index + 1 + lineEnd.length))?.[0] ?? text[index + 1 + lineEnd.length] ?? "";
    result += next;
    index += lineEnd.length + next.length;
  }
  return result;
}

/** What Windows programs make of their command line: double quotes only, backslashes count before quotes only. */
function splitProgramArguments(line: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quoted = false;
  for (let index = 0; index < line.length; index += 1) {
    const slashes = /^\\*/.exec(line.slice(index))?.[0].length ?? 0;
    const after = line[index + slashes];
    if (slashes > 0) {
      word = (word ?? "") + "\\".repeat(after === '"' ? Math.floor(slashes / 2) : slashes);
      if (after === '"' && slashes % 2 === 1) {
        word += '"';
        index += slashes;
      } else index += slashes - 1;
    } else if (after === '"') {
      word ??= "";
      if (quoted && line[index + 1] === '"') {
        word += '"';
        index += 1;
      } else quoted = !quoted;
    } else if (!quoted && /\s/.test(after ?? "")) {
      if (word !== null) words.push(word);
      word = null;
    } else if (!quoted && after === "|") break;
    else word = (word ?? "") + (after ?? "");
  }
  if (word !== null) words.push(word);
  return words;
}
