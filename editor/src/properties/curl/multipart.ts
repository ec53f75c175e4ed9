/** A multipart body as browsers copy it, as fields. */

export interface MultipartPart {
  name: string;
  value: string;
  /** Name of the file that the part held; the copied text has lost its content. */
  filename: string | null;
}

/** Null when the text is not such a body. */
export function parseMultipart(body: string, contentType: string): MultipartPart[] | null {
  const boundary = /boundary="?([^";]+)"?/i.exec(contentType)?.[1];
  if (!boundary) return null;
  const text = body.replace(/\r\n/g, "\n");
  const pieces = text.split(`--${boundary}`).slice(1);
  if (pieces.length < 2 || !pieces.at(-1)?.startsWith("--")) return null;
  const parts = pieces.slice(0, -1).map(parsePart);
  return parts.every((part) => part !== null) ? parts : null;
}

function parsePart(piece: string): MultipartPart | null {
  const [head, ...rest] = piece.replace(/^\n/, "").split("\n\n");
  const name = /content-disposition:[^\n]*?[; ]name="((?:[^"\\]|\\.)*)"/i.exec(head ?? "")?.[1];
  if (name === undefined) return null;
  return {
    name: name.replace(/%22/g, '"'),
    value: rest.join("\n\n").replace(/\n$/, ""),
    filename: /filename="((?:[^"\\]|\\.)*)"/i.exec(head ?? "")?.[1] ?? null,
  };
}
