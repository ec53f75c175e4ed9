import { describe, expect, it } from "vitest";
import { splitWords, unescapeAnsi } from "./splitWords";

const words = (command: string): string[] => splitWords(command).words;

describe("splitWords", () => {
  it("knows quotes, escapes and continued lines", () => {
    expect(words(`curl 'a b' "c \\"d\\"" e\\ f \\\n g $'x\\n\\'y'`)).toEqual(["curl", "a b", 'c "d"', "e f", "g", "x\n'y"]);
    expect(words("curl a'b'\"c\"d '' \"\"")).toEqual(["curl", "abcd", "", ""]);
    expect(words('curl "a\\nb" "c\\\nd" \'e\\f\'')).toEqual(["curl", "a\\nb", "cd", "e\\f"]);
    expect(words("curl \\\r\n  x `\n y")).toEqual(["curl", "x", "y"]);
    expect(words("curl 'never closed")).toEqual(["curl", "never closed"]);
  });

  it("ends where the next command begins", () => {
    expect(words("curl x | jq .")).toEqual(["curl", "x"]);
    expect(words("curl x && echo done")).toEqual(["curl", "x"]);
    expect(words("curl x; ls")).toEqual(["curl", "x"]);
    expect(words("curl x > out.json")).toEqual(["curl", "x"]);
    expect(words("curl x 2>/dev/null")).toEqual(["curl", "x"]);
    expect(words("curl x &")).toEqual(["curl", "x"]);
    // Sloppy, but what people mean.
    expect(words("curl http://x/?a=1&b=2 -k")).toEqual(["curl", "http://x/?a=1&b=2", "-k"]);
  });

  it("tells variables of the shell", () => {
    expect(splitWords(`curl "$HOST/\${path}" -d '$no' $(date) "\\$no"`).variables).toEqual(["$HOST", "${path}", "$(date)"]);
  });

  it("reads what browsers copy for cmd", () => {
    // Chrome, "Copy as cURL (cmd)": each special character stands behind a caret.
    const chrome = 'curl ^"https://x.org/a?b=1^&c=2^" ^\r\n  -H ^"accept: */*^" ^\r\n  --data-raw ^"^{^\\^"a^\\^":^\\^"50^% ^^ x^\\^"^}^"';
    expect(words(chrome)).toEqual(["curl", "https://x.org/a?b=1&c=2", "-H", "accept: */*", "--data-raw", '{"a":"50% ^ x"}']);
    // A line end within an argument is a caret and two line ends.
    expect(words('curl ^"x^" --data-raw ^"one^\n\ntwo^"')).toEqual(["curl", "x", "--data-raw", "one\ntwo"]);
    // Older ones quote plainly and use carets for the line ends alone.
    expect(words('curl "https://x.org/?a=1&b=2" ^\n -H "a: b" ^\n --data-raw "{\\"a\\":1}" --compressed')).toEqual([
      "curl", "https://x.org/?a=1&b=2", "-H", "a: b", "--data-raw", '{"a":1}', "--compressed",
    ]);
    expect(words('curl ^"C:\\dir\\\\^" ^"a^"^"b^"')).toEqual(["curl", "C:\\dir\\", 'a"b']);
  });
});

describe("unescapeAnsi", () => {
  it.each([
    ["\\u00e4\\U0001F600", "ä😀"],
    ["\\xc3\\xa4\\303\\244", "ää"],
    ["\\x41\\101\\0", "AA\0"],
    ["\\a\\b\\e\\f\\n\\r\\t\\v\\\\\\'\\\"\\?", "\x07\b\x1b\f\n\r\t\v\\'\"?"],
    ["\\cA\\q", "\x01q"],
    ["\\u0021", "!"],
  ])("%s", (escaped, text) => {
    expect(unescapeAnsi(escaped)).toBe(text);
  });
});
