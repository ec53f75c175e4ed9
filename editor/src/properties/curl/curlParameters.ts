/** The request of a curl command as parameters of `http.request`. */
import { isSecretField } from "./curlSecrets";
import { parseMultipart } from "./multipart";
import type { CurlRequest, LeftOut, Pair } from "./parseCurl";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
/** What JSON.parse would round. */
const LONG_NUMBER = /(?:^|[\s:[,])-?\d(?:\.?\d){16,}/;

export interface CurlParameters {
  parameters: Record<string, unknown>;
  leftOut: LeftOut[];
}

export function curlParameters(request: CurlRequest): CurlParameters {
  const leftOut = [...request.leftOut];
  const method = METHODS.includes(request.method) ? request.method : "GET";
  if (method !== request.method) leftOut.push({ why: "unsupported", part: `-X ${request.method}` });
  const body = bodyParameters(request, leftOut);
  const headers = body.takesType ? request.headers.filter((header) => !isType(header)) : request.headers;
  return {
    leftOut,
    parameters: {
      method,
      url: request.url,
      query: request.query,
      headers,
      ...body.parameters,
      verify_tls: !request.insecure,
      // curl stays where it is unless it is told to follow.
      follow_redirects: request.followRedirects,
      ...(request.maxRedirects === null ? {} : { max_redirects: Math.min(50, Math.round(request.maxRedirects)) }),
      ...(request.connectTimeout === null ? {} : { connect_timeout_s: Math.min(3600, request.connectTimeout) }),
      ...(request.totalTimeout === null ? {} : { total_timeout_s: Math.min(3600, request.totalTimeout) }),
      ...(request.proxy === "" ? {} : { proxy: request.proxy }),
    },
  };
}

interface BodyParameters {
  parameters: Record<string, unknown>;
  /** Whether the step sets the Content-Type header by itself. */
  takesType: boolean;
}

function bodyParameters(request: CurlRequest, leftOut: LeftOut[]): BodyParameters {
  const type = request.headers.find(isType)?.value ?? "";
  const media = type.split(";")[0]?.trim().toLowerCase() ?? "";
  const files = request.files.map(({ name, filename }) => ({ name: name || "file", file: null, filename: filename.split(/[\\/]/).at(-1) ?? filename }));
  if (request.form !== null) return multipart(emptySecrets(request.form, leftOut), files);
  const { body } = request;
  if (body === null) {
    return files.length === 0
      ? { parameters: { body_type: "none" }, takesType: false }
      : { parameters: { body_type: "file", file: null, content_type: type }, takesType: true };
  }
  if (media === "multipart/form-data") {
    const parts = parseMultipart(body, type);
    if (parts) {
      const held = parts.filter((part) => part.filename !== null);
      leftOut.push(...held.map((part) => ({ why: "file", part: part.filename ?? "" }) as const));
      return multipart(
        emptySecrets(
          parts.filter((part) => part.filename === null).map(({ name, value }) => ({ name, value })),
          leftOut,
        ),
        held.map(({ name, filename }) => ({ name, file: null, filename: filename ?? "" })),
      );
    }
  }
  if (media !== "application/x-www-form-urlencoded" && !LONG_NUMBER.test(body)) {
    try {
      const value = withoutSecrets(JSON.parse(body) as unknown, leftOut);
      return { parameters: { body_type: "json", body: value }, takesType: media === "application/json" };
    } catch {
      // Not JSON: go on.
    }
  }
  const isForm = media === "" || media === "application/x-www-form-urlencoded";
  if (isForm && /^[^\s{[<]*=/.test(body)) {
    const form = [...new URLSearchParams(body)].map(([name, value]) => ({ name, value }));
    return { parameters: { body_type: "form", form: emptySecrets(form, leftOut) }, takesType: true };
  }
  return { parameters: { body_type: "text", text: body, content_type: type || (LONG_NUMBER.test(body) ? "application/json" : "application/x-www-form-urlencoded") }, takesType: true };
}

function multipart(form: Pair[], files: { name: string; file: null; filename: string }[]): BodyParameters {
  return { parameters: { body_type: "multipart", form, files }, takesType: true };
}

/** Fields of a form, those that hold secrets left empty: every saved graph is kept for good. */
function emptySecrets(form: Pair[], leftOut: LeftOut[]): Pair[] {
  return form.map((field) => {
    if (field.value === "" || !isSecretField(field.name)) return field;
    leftOut.push({ why: "field", part: field.name });
    return { ...field, value: "" };
  });
}

function withoutSecrets(value: unknown, leftOut: LeftOut[]): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, leftOut));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]: [string, unknown]) => {
      if (typeof item !== "string" || item === "" || !isSecretField(name)) return [name, withoutSecrets(item, leftOut)];
      leftOut.push({ why: "field", part: name });
      return [name, ""];
    }),
  );
}

function isType(header: Pair): boolean {
  return header.name.toLowerCase() === "content-type";
}
