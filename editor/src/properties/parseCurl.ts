/** A curl command as the parts of an HTTP request, as browsers and API documents hand it out. */

export interface CurlRequest {
  method: string;
  url: string;
  query: { name: string; value: string }[];
  headers: { name: string; value: string }[];
  /** Text of the body; null without one. */
  body: string | null;
  /** Parts that a graph must not hold or cannot express, by their option: `-u`, `--cookie`. */
  leftOut: string[];
  insecure: boolean;
  followRedirects: boolean;
}

const WITH_VALUE = new Set([
  "-X", "--request", "-H", "--header", "-d", "--data", "--data-raw", "--data-binary", "--data-ascii", "--data-urlencode",
  "--json", "--url", "-u", "--user", "-A", "--user-agent", "-e", "--referer", "-b", "--cookie", "-o", "--output", "-F",
  "--form", "-m", "--max-time", "--connect-timeout", "-x", "--proxy", "-T", "--upload-file", "--cacert", "--cert", "--key", "-w",
  "--write-out", "--retry", "--oauth2-bearer", "-c", "--cookie-jar",
]);
const SECRET_HEADERS = new Set(["authorization", "cookie", "proxy-authorization"]);

/** Read a command; null when the text is no curl command with a url. */
export function parseCurl(command: string): CurlRequest | null {
  const words = splitWords(command.trim());
  if (!/^curl(?:\.exe)?$/i.test(words[0] ?? "")) return null;
  const request: CurlRequest = { method: "", url: "", query: [], headers: [], body: null, leftOut: [], insecure: false, followRedirects: false };
  let asQuery = false;
  for (let index = 1; index < words.length; index += 1) {
    const { option, value: attached } = splitOption(words[index] ?? "");
    const value = attached ?? (WITH_VALUE.has(option) ? (words[(index += 1)] ?? "") : "");
    asQuery = applyOption(request, option, value) || asQuery;
  }
  return request.url === "" ? null : finish(request, asQuery);
}

function splitOption(word: string): { option: string; value?: string } {
  const long = /^(--[a-z0-9-]+)=([\s\S]*)$/.exec(word);
  if (long) return { option: long[1] ?? "", value: long[2] ?? "" };
  // -XPOST, -H"…": a short option with its value attached.
  const short = /^(-[A-Za-z])([\s\S]+)$/.exec(word);
  return short && WITH_VALUE.has(short[1] ?? "") ? { option: short[1] ?? "", value: short[2] ?? "" } : { option: word };
}

/** Returns true for -G: the data belongs into the query. */
function applyOption(request: CurlRequest, option: string, value: string): boolean {
  switch (option) {
    case "-X":
    case "--request":
      request.method = value.toUpperCase();
      break;
    case "-H":
    case "--header":
      addHeader(request, value);
      break;
    case "-A":
    case "--user-agent":
      request.headers.push({ name: "User-Agent", value });
      break;
    case "-e":
    case "--referer":
      request.headers.push({ name: "Referer", value });
      break;
    case "--json":
      request.headers.push({ name: "Content-Type", value: "application/json" }, { name: "Accept", value: "application/json" });
      request.body = (request.body ?? "") + value;
      break;
    case "-d":
    case "--data":
    case "--data-raw":
    case "--data-binary":
    case "--data-ascii":
    case "--data-urlencode":
      request.body = request.body === null ? value : `${request.body}&${value}`;
      break;
    case "--url":
      request.url = value;
      break;
    case "-G":
    case "--get":
      return true;
    case "-I":
    case "--head":
      request.method = "HEAD";
      break;
    case "-k":
    case "--insecure":
      request.insecure = true;
      break;
    case "-L":
    case "--location":
      request.followRedirects = true;
      break;
    default:
      if (!option.startsWith("-")) request.url ||= option;
      else if (["-u", "--user", "-b", "--cookie", "-F", "--form", "-T", "--upload-file", "--oauth2-bearer", "-x", "--proxy", "--cert", "--key"].includes(option)) request.leftOut.push(option);
  }
  return false;
}

function addHeader(request: CurlRequest, line: string): void {
  const colon = line.indexOf(":");
  if (colon <= 0) return;
  const name = line.slice(0, colon).trim();
  // A graph holds no secrets; they belong into a connection.
  if (SECRET_HEADERS.has(name.toLowerCase())) request.leftOut.push(name);
  else request.headers.push({ name, value: line.slice(colon + 1).trim() });
}

function finish(request: CurlRequest, asQuery: boolean): CurlRequest {
  const [address = "", search] = request.url.split(/\?(.*)/s);
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? address : `http://${address}`;
  const query = [...new URLSearchParams(search?.split("#")[0] ?? "")];
  if (asQuery && request.body !== null) query.push(...new URLSearchParams(request.body));
  const body = asQuery ? null : request.body;
  return {
    ...request,
    url: full,
    query: query.map(([name, value]) => ({ name, value })),
    body,
    method: request.method || (body === null ? "GET" : "POST"),
  };
}

/** Split as a POSIX shell does: quotes, backslashes, `$'…'`, line continuations. */
export function splitWords(command: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  for (let index = 0; index < command.length; index += 1) {
    const character = command[index] ?? "";
    if (/\s/.test(character)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (character === "\\" || character === "^") {
      const next = command[index + 1] ?? "";
      // `^` goes on with the next line in Windows' shell only.
      if (character === "^" && !/[\r\n"]/.test(next)) word = (word ?? "") + character;
      else {
        index += next === "\r" && command[index + 2] === "\n" ? 2 : 1;
        if (!/[\r\n]/.test(next)) word = (word ?? "") + next;
      }
    } else if (character === "'" || character === '"' || (character === "$" && command[index + 1] === "'")) {
      const ansi = character === "$";
      const [text, end] = readQuoted(command, index + (ansi ? 2 : 1), ansi ? "'" : character, ansi || character === '"');
      word = (word ?? "") + (ansi ? unescapeAnsi(text) : text);
      index = end;
    } else {
      word = (word ?? "") + character;
    }
  }
  if (word !== null) words.push(word);
  return words;
}

function readQuoted(command: string, from: number, quote: string, escapes: boolean): [string, number] {
  let text = "";
  for (let index = from; index < command.length; index += 1) {
    const character = command[index] ?? "";
    if (character === quote) return [text, index];
    if (character === "\\" && escapes) {
      const next = command[index + 1] ?? "";
      if (quote === '"') text += ['"', "\\", "$", "`"].includes(next) ? next : next === "\n" ? "" : `\\${next}`;
      else text += `\\${next}`;
      index += 1;
    } else text += character;
  }
  return [text, command.length];
}

function unescapeAnsi(text: string): string {
  const simple: Record<string, string> = { n: "\n", t: "\t", r: "\r" };
  return text.replace(/\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})|\\(.)/g, (_all, unicode?: string, hex?: string, one?: string) => {
    if (unicode ?? hex) return String.fromCharCode(Number.parseInt(unicode ?? hex ?? "", 16));
    return simple[one ?? ""] ?? one ?? "";
  });
}

/** Parameters of `http.request` that send the same request. */
export function curlParameters(request: CurlRequest): Record<string, unknown> {
  const type = request.headers.find((header) => header.name.toLowerCase() === "content-type")?.value ?? "";
  return {
    method: request.method,
    url: request.url,
    query: request.query,
    headers: request.headers,
    verify_tls: !request.insecure,
    ...bodyParameters(request.body, type),
  };
}

function bodyParameters(body: string | null, type: string): Record<string, unknown> {
  if (body === null) return { body_type: "none", body: null };
  if (!/x-www-form-urlencoded/.test(type)) {
    try {
      return { body_type: "json", body: JSON.parse(body) as unknown };
    } catch {
      // Not JSON: go on.
    }
  }
  const isForm = type === "" || /x-www-form-urlencoded/.test(type);
  if (isForm && body.includes("=")) return { body_type: "form", body: Object.fromEntries(new URLSearchParams(body)) };
  return { body_type: "text", body };
}
