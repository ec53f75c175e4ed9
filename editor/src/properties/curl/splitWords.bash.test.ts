import { execFileSync, spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { splitWords } from "./splitWords";

/** bash itself is the oracle: whatever is quoted in whatever way, both see the same words. */
const hasBash = spawnSync("bash", ["--norc", "-c", "exit 0"]).status === 0;

/** The same numbers in each run (mulberry32), so that a failure can be seen again. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const LETTERS = ["a", "Z", "7", " ", "\t", "\n", "'", '"', "\\", "$", "&", "|", ";", "<", ">", "(", "{", "}", "*", "?", "#", "!", "~", "%", "^", "=", ":", "@", "ä", "é"];

function makeWord(next: () => number): string {
  const length = Math.floor(next() * 8);
  return Array.from({ length }, () => LETTERS[Math.floor(next() * LETTERS.length)] ?? "").join("");
}

const QUOTES: ((word: string) => string)[] = [
  (word) => `'${word.replace(/'/g, `'\\''`)}'`,
  (word) => `"${word.replace(/(["\\$`])/g, "\\$1")}"`,
  (word) => `$'${word.replace(/\\/g, "\\\\").replace(/'/g, "\\'").replace(/\n/g, "\\n").replace(/\t/g, "\\x09").replace(/\$/g, "\\44")}'`,
  (word) => (word.includes("\n") || word === "" ? `'${word.replace(/'/g, `'\\''`)}'` : word.replace(/[^A-Za-z0-9äé]/g, "\\$&")),
];

function quote(word: string, next: () => number): string {
  // A word may be quoted in pieces, each in another way.
  const cut = Math.floor(next() * (word.length + 1));
  const pieces = next() < 0.5 ? [word] : [word.slice(0, cut), word.slice(cut)];
  return pieces.map((piece) => (QUOTES[Math.floor(next() * QUOTES.length)] ?? String)(piece)).join("");
}

describe.skipIf(!hasBash)("splitWords beside bash", () => {
  it("sees the same words", () => {
    const next = numbers(20_260_101);
    const commands = Array.from({ length: 400 }, () => {
      const words = Array.from({ length: 1 + Math.floor(next() * 4) }, () => makeWord(next));
      return ["curl", ...words.map((word) => quote(word, next))].join(next() < 0.2 ? " \\\n  " : " ");
    });
    const script = ["curl() { printf '%s\\0' curl \"$@\"; printf '\\1'; }", "set +H", ...commands].join("\n");
    const told = execFileSync("bash", ["--norc", "-c", script], { encoding: "utf8", env: { LC_ALL: "C.UTF-8", PATH: process.env["PATH"] ?? "" } });
    const expected = told.split("\x01").slice(0, -1).map((line) => line.split("\0").slice(0, -1));
    expect(expected).toHaveLength(commands.length);
    commands.forEach((command, index) => expect(splitWords(command).words, command).toEqual(expected[index]));
  });
});
