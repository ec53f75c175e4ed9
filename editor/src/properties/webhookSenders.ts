type Parameters = Readonly<Record<string, unknown>>;

/** Ways to know senders whose secret we may make up; the others' vendors give it out. */
const OURS = new Set(["header_token", "gitlab", "github", "hmac", "jwt"]);

const authenticationOf = (parameters: Parameters) => String(parameters["authentication"] ?? "header_token");

/** Whether a random secret of ours is what the sender takes. */
export function mayMakeSecret(parameters: Parameters): boolean {
  return OURS.has(authenticationOf(parameters));
}

/** Header in which senders send their token as it is; null where they send none, or sign instead. */
export function tokenHeader(parameters: Parameters): string | null {
  switch (authenticationOf(parameters)) {
    case "header_token":
      return String(parameters["header_name"] ?? "X-FlowForge-Token");
    case "gitlab":
      return "X-Gitlab-Token";
    default:
      return null;
  }
}
