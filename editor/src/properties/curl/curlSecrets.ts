/** Secrets in a curl command: they belong into a connection, never into a graph. */

const HEADERS = /^(?:authorization|proxy-authorization|cookie|set-cookie)$|api[-_]?key|apikey|token|secret|password|passwd|auth[-_]?key|access[-_]?key|private[-_]?key|subscription-key|^x-auth/i;
// Not a secret by itself, or not one of the user's: what browsers and forms send along.
const HARMLESS = /^(?:x-csrf-token-required|pagetoken|page_token|next_?token|next_page_token|continuation_?token|max_?tokens)$/i;
const PARAMETERS = /^(?:api[-_]?key|apikey|key|app_?key|appid|access[-_]?token|auth[-_]?token|token|client_secret|secret|password|passwd|pwd|sig|signature|x-amz-signature|x-amz-security-token|code)$/i;

export function isSecretHeader(name: string): boolean {
  return HEADERS.test(name) && !HARMLESS.test(name);
}

export function isSecretParameter(name: string): boolean {
  return PARAMETERS.test(name) && !HARMLESS.test(name);
}

/** Whether a field of a body holds a secret; a connection cannot fill it in. */
export function isSecretField(name: string): boolean {
  return /^(?:password|passwd|pwd|passphrase|secret|client_?secret|api_?key|access_?token|refresh_?token|auth_?token|bearer_?token|private_?key)$/i.test(name);
}

/** How a connection signs in as this header does. */
export type AuthKind = "basic" | "bearer" | "api_key" | "cookie";

export function authKindOf(name: string, value: string): AuthKind {
  const lower = name.toLowerCase();
  if (lower === "cookie") return "cookie";
  if (lower !== "authorization") return "api_key";
  if (/^basic\s/i.test(value)) return "basic";
  return /^bearer\s/i.test(value) ? "bearer" : "api_key";
}
