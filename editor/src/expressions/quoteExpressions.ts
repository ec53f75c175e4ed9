/** Make JSON out of text in which expressions stand bare: `{"id": {{ trigger.body.id }}}`. */
import { tokenize } from "./tokenize";

/**
 * Put quotes around expressions that stand outside of JSON strings, and escape those inside of strings.
 *
 * A quoted whole expression keeps its type when it is rendered, so the meaning stays. Returns null when the
 * text is not JSON even then.
 */
export function quoteExpressions(text: string): string | null {
  let quoted = "";
  let inString = false;
  for (const segment of tokenize(text)) {
    const part = text.slice(segment.from, segment.to);
    if (segment.kind === "text") {
      inString = endsInString(part, inString);
      quoted += part;
    } else if (!segment.closed) {
      return null;
    } else {
      const escaped = JSON.stringify(part).slice(1, -1);
      quoted += inString ? escaped : `"${escaped}"`;
    }
  }
  try {
    JSON.parse(quoted);
    return quoted;
  } catch {
    return null;
  }
}

function endsInString(text: string, inString: boolean): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (inString && text[index] === "\\") index += 1;
    else if (text[index] === '"') inString = !inString;
  }
  return inString;
}
