/** jq for CodeMirror: enough to colour a program. Words from the jq 1.7 manual. */
import { StreamLanguage } from "@codemirror/language";

const KEYWORDS = new Set(["def", "as", "if", "then", "elif", "else", "end", "and", "or", "not", "reduce", "foreach", "try", "catch", "label", "import", "include", "__loc__"]);
const CONSTANTS = new Set(["true", "false", "null"]);

export const jqLanguage = StreamLanguage.define<{ inString: boolean }>({
  name: "jq",
  startState: () => ({ inString: false }),
  token(stream, state) {
    if (state.inString) {
      readString();
      return "string";
    }
    if (stream.eatSpace()) return null;
    if (stream.match(/^#.*/)) return "comment";
    if (stream.eat('"')) {
      state.inString = true;
      readString();
      return "string";
    }
    if (stream.match(/^\d+(\.\d+)?([eE][+-]?\d+)?/)) return "number";
    if (stream.match(/^\.[A-Za-z_]\w*/)) return "propertyName";
    if (stream.match(/^\$\w+/) || stream.match(/^@\w+/)) return "variableName";
    if (stream.match(/^[A-Za-z_]\w*/)) {
      const word = stream.current();
      if (KEYWORDS.has(word)) return "keyword";
      return CONSTANTS.has(word) ? "atom" : "variableName.function";
    }
    stream.next();
    return "operator";

    function readString(): void {
      while (!stream.eol()) {
        const character = stream.next();
        if (character === "\\") stream.next();
        else if (character === '"') {
          state.inString = false;
          return;
        }
      }
    }
  },
  languageData: { commentTokens: { line: "#" }, closeBrackets: { brackets: ["(", "[", "{", '"'] } },
});
