/** A curl command as the parts of an HTTP request, as browsers, Postman and API documents hand it out. */
import { canonical, CERTIFICATES, SECRETS, WITH_VALUE, WITHOUT_MEANING } from "./curlOptions";
import { authKindOf, isSecretHeader, isSecretParameter, type AuthKind } from "./curlSecrets";
import { splitWords } from "./splitWords";

export interface Pair {
  name: string;
  value: string;
}

/** Why a part of the command is not in the form. */
export type LeftOut =
  | { why: "secret"; part: string; auth: AuthKind }
  | { why: "certificate" | "field" | "file" | "unsupported" | "variable" | "expression"; part: string };

export interface CurlRequest {
  method: string;
  url: string;
  query: Pair[];
  headers: Pair[];
  /** Text of the body; null without one. */
  body: string | null;
  /** Fields of a multipart form (`-F`); null without one. */
  form: Pair[] | null;
  /** Names of files that the form or the body took from the machine where curl ran. */
  files: { name: string; filename: string }[];
  leftOut: LeftOut[];
  insecure: boolean;
  followRedirects: boolean;
  maxRedirects: number | null;
  connectTimeout: number | null;
  totalTimeout: number | null;
  proxy: string;
}

interface Reading {
  request: CurlRequest;
  asQuery: boolean;
  head: boolean;
  upload: boolean;
  urls: string[];
  urlQuery: string[];
}

/** Headers that a step sets by itself, or that only mean something between browser and site. */
const NEEDLESS = /^(?:accept-encoding|connection|content-length|host|keep-alive|priority|te|transfer-encoding|upgrade|upgrade-insecure-requests|sec-.*|dnt|:.*)$/i;

/** Read a command; null when the text is no curl command with a url. */
export function parseCurl(command: string): CurlRequest | null {
  const { words, variables } = splitWords(command.trim().replace(/^[$>%#]\s+/, ""));
  if (!/^(?:.*[\\/])?curl(?:\.exe)?$/i.test(words[0] ?? "")) return null;
  const reading = newReading();
  for (let index = 1; index < words.length; ) {
    const word = words[index] ?? "";
    if (word === "--") {
      reading.urls.push(...words.slice(index + 1));
      break;
    }
    if (canonical(word) === "-:") {
      reading.request.leftOut.push({ why: "unsupported", part: word });
      break;
    }
    index += readWord(reading, word, words[index + 1]);
  }
  reading.request.leftOut.push(...variables.map((part) => ({ why: "variable", part }) as const));
  return reading.urls.length === 0 ? null : finish(reading);
}

function newReading(): Reading {
  const request: CurlRequest = {
    method: "", url: "", query: [], headers: [], body: null, form: null, files: [], leftOut: [], insecure: false, followRedirects: false,
    maxRedirects: null, connectTimeout: null, totalTimeout: null, proxy: "",
  };
  return { request, asQuery: false, head: false, upload: false, urls: [], urlQuery: [] };
}

/** Returns the number of words that were read. */
function readWord(reading: Reading, word: string, next: string | undefined): number {
  if (!word.startsWith("-") || word === "-") {
    reading.urls.push(word);
    return 1;
  }
  if (word.startsWith("--")) {
    const [option = word, attached] = word.split(/=(.*)/s);
    if (!WITH_VALUE.has(option)) applyOption(reading, option, "");
    else if (attached !== undefined) applyOption(reading, option, attached);
    else {
      applyOption(reading, option, next ?? "");
      return 2;
    }
    return 1;
  }
  // -sSLXPOST: switches, and at the end one option with its value.
  for (let at = 1; at < word.length; at += 1) {
    const option = `-${word[at] ?? ""}`;
    if (!WITH_VALUE.has(option)) {
      applyOption(reading, option, "");
      continue;
    }
    const attached = word.slice(at + 1);
    applyOption(reading, option, attached === "" ? (next ?? "") : attached);
    return attached === "" ? 2 : 1;
  }
  return 1;
}

type Apply = (reading: Reading, value: string, option: string) => void;

const addData: Apply = ({ request }, value) => {
  request.body = request.body === null ? value : `${request.body}&${value}`;
};
const addDataOrFile: Apply = (reading, value, option) => {
  if (value.startsWith("@")) addFile(reading, "", value.slice(1), option);
  else addData(reading, value, option);
};

const APPLY: Record<string, Apply> = {
  "-X": ({ request }, value) => (request.method = value.toUpperCase()),
  "-H": addHeaderLine,
  "-A": ({ request }, value) => request.headers.push({ name: "User-Agent", value }),
  "-e": ({ request }, value) => request.headers.push({ name: "Referer", value: value.replace(/;auto$/, "") }),
  "-r": ({ request }, value) => request.headers.push({ name: "Range", value: `bytes=${value}` }),
  "-b": ({ request }, value) => request.leftOut.push(value.includes("=") ? { why: "secret", part: "-b", auth: "cookie" } : { why: "file", part: value }),
  "-d": addDataOrFile,
  "--data-binary": addDataOrFile,
  "--data-raw": addData,
  "--data-urlencode": (reading, value, option) => {
    const [, name = "", kind = "", content = ""] = /^([^=@]*)([=@]?)(.*)$/s.exec(value) ?? [];
    if (kind === "@") addFile(reading, name, content, option);
    else addData(reading, kind === "" ? encodeURIComponent(value) : `${name === "" ? "" : `${name}=`}${encodeURIComponent(content)}`, option);
  },
  "--json": (reading, value, option) => {
    if (value.startsWith("@")) addFile(reading, "", value.slice(1), option);
    else reading.request.body = (reading.request.body ?? "") + value;
    for (const name of ["Content-Type", "Accept"]) addDefaultHeader(reading.request, name, "application/json");
  },
  "-F": addFormPart,
  "--form-string": ({ request }, value) => {
    const [name = "", content = ""] = value.split(/=(.*)/s);
    (request.form ??= []).push({ name, value: content });
  },
  "-T": (reading, value, option) => {
    reading.upload = true;
    addFile(reading, "", value, option);
  },
  "--url": ({ urls }, value) => urls.push(value),
  "--url-query": ({ urlQuery }, value) => urlQuery.push(value),
  "-G": (reading) => (reading.asQuery = true),
  "-I": (reading) => (reading.head = true),
  "-k": ({ request }) => (request.insecure = true),
  "-L": ({ request }) => (request.followRedirects = true),
  "--max-redirs": ({ request }, value) => (request.maxRedirects = positive(value)),
  "-m": ({ request }, value) => (request.totalTimeout = positive(value)),
  "--connect-timeout": ({ request }, value) => (request.connectTimeout = positive(value)),
  "-x": addProxy,
  "-u": ({ request }) => request.leftOut.push({ why: "secret", part: "-u", auth: "basic" }),
  "--oauth2-bearer": ({ request }) => request.leftOut.push({ why: "secret", part: "--oauth2-bearer", auth: "bearer" }),
};

function applyOption(reading: Reading, written: string, value: string): void {
  const option = canonical(written);
  const apply = APPLY[option];
  if (apply) apply(reading, value, option);
  else if (SECRETS.has(option)) reading.request.leftOut.push({ why: "secret", part: written, auth: "basic" });
  else if (CERTIFICATES.has(option)) reading.request.leftOut.push({ why: "certificate", part: written });
  else if (!WITHOUT_MEANING.has(option) && !WITHOUT_MEANING.has(written)) reading.request.leftOut.push({ why: "unsupported", part: written });
}

function positive(value: string): number | null {
  const number = Number(value);
  return number > 0 && Number.isFinite(number) ? number : null;
}

function addHeaderLine({ request }: Reading, line: string): void {
  if (line.startsWith("@")) {
    request.leftOut.push({ why: "file", part: line.slice(1) });
    return;
  }
  // "Name;" sends an empty header, "Name:" sends none at all.
  const empty = /^([^:;]+);\s*$/.exec(line)?.[1];
  const colon = line.indexOf(":", line.startsWith(":") ? 1 : 0);
  const name = (empty ?? line.slice(0, Math.max(colon, 0))).trim();
  const value = empty === undefined ? line.slice(colon + 1).trim() : "";
  if (name === "" || (value === "" && empty === undefined) || NEEDLESS.test(name)) return;
  if (isSecretHeader(name)) request.leftOut.push({ why: "secret", part: name, auth: authKindOf(name, value) });
  else request.headers.push({ name, value });
}

function addDefaultHeader(request: CurlRequest, name: string, value: string): void {
  if (!request.headers.some((header) => header.name.toLowerCase() === name.toLowerCase())) request.headers.push({ name, value });
}

function addFile({ request }: Reading, name: string, filename: string, option: string): void {
  request.files.push({ name, filename });
  request.leftOut.push({ why: "file", part: `${option} @${filename}` });
}

function addFormPart(reading: Reading, value: string, option: string): void {
  const [name = "", content = ""] = value.split(/=(.*)/s);
  reading.request.form ??= [];
  if (/^[@<]/.test(content)) addFile(reading, name, unquote(content.slice(1).split(/;(?:type|filename|headers|encoder)=/)[0] ?? ""), option);
  else reading.request.form.push({ name, value: unquote(content.replace(/;(?:type|headers|encoder)=[^;]*$/, "")) });
}

function unquote(text: string): string {
  return /^"(.*)"$/s.exec(text)?.[1]?.replace(/\\(["\\])/g, "$1") ?? text;
}

function addProxy({ request }: Reading, value: string): void {
  const address = value.includes("://") ? value : `http://${value}`;
  const [, scheme = "", credentials = "", rest = ""] = /^([a-z0-9]+):\/\/(?:(.*)@)?(.*)$/is.exec(address) ?? [];
  if (!/^https?$/i.test(scheme)) {
    request.leftOut.push({ why: "unsupported", part: `-x ${scheme}://` });
    return;
  }
  if (credentials !== "") request.leftOut.push({ why: "secret", part: "-x", auth: "basic" });
  request.proxy = `${scheme.toLowerCase()}://${rest}`;
}

function finish({ request, asQuery, head, upload, urls, urlQuery }: Reading): CurlRequest {
  for (const other of urls.slice(1)) request.leftOut.push({ why: "unsupported", part: other });
  const [address = "", search] = (urls[0] ?? "").split("#")[0]?.split(/\?(.*)/s) ?? [];
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? address : `http://${address}`;
  const [, scheme = "", credentials = "", rest = ""] = /^([^:]+:\/\/)(?:([^/@]*)@)?(.*)$/s.exec(full) ?? [];
  if (credentials !== "") request.leftOut.push({ why: "secret", part: "user:password@", auth: "basic" });
  request.url = scheme + rest;
  const parts = [search ?? "", ...urlQuery, ...(asQuery ? [request.body ?? ""] : [])];
  for (const [name, value] of new URLSearchParams(parts.filter((part) => part !== "").join("&"))) {
    if (isSecretParameter(name)) request.leftOut.push({ why: "secret", part: `?${name}`, auth: "api_key" });
    else request.query.push({ name, value });
  }
  if (asQuery) request.body = null;
  const sendsData = request.body !== null || request.form !== null || (request.files.length > 0 && !upload);
  request.method ||= head ? "HEAD" : upload ? "PUT" : sendsData && !asQuery ? "POST" : "GET";
  if ([request.url, request.body ?? "", ...request.headers.map((one) => one.value), ...request.query.map((one) => one.value)].some((text) => text.includes("{{"))) {
    request.leftOut.push({ why: "expression", part: "{{ }}" });
  }
  return request;
}
