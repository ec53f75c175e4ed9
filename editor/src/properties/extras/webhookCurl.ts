/** A curl command that calls a webhook, to paste into a terminal. */

export interface WebhookCall {
  url: string;
  method: string;
  authentication: string;
  /** Header that carries the token, where there is one. */
  header: string;
  /** Words that stand for what only the user knows. */
  words: { token: string; name: string; secret: string };
  body: unknown;
}

/** Ways whose proof cannot be made in one line of shell. */
const SIGNED_ELSEWHERE = new Set(["hmac", "standard_webhooks", "svix", "stripe", "shopify", "twilio", "x", "qstash"]);

export function isSignedElsewhere(authentication: string): boolean {
  return SIGNED_ELSEWHERE.has(authentication);
}

export function webhookCurl({ url, method, authentication, header, words, body }: WebhookCall): string {
  const withBody = method !== "GET" && method !== "DELETE";
  const text = JSON.stringify(body ?? {});
  const lines = [`curl -X ${method} ${quote(url)}`];
  const before: string[] = [];
  switch (authentication) {
    case "header_token":
      lines.push(`-H ${quote(`${header}: ${words.token}`)}`);
      break;
    case "gitlab":
      lines.push(`-H ${quote(`X-Gitlab-Token: ${words.token}`)}`);
      break;
    case "basic":
      lines.push(`-u ${quote(`${words.name}:${words.secret}`)}`);
      break;
    case "jwt":
      lines.push(`-H ${quote(`Authorization: Bearer ${words.token}`)}`);
      break;
    case "github":
    case "meta":
      before.push(`BODY=${quote(withBody ? text : "")}`);
      lines.push(`-H "X-Hub-Signature-256: sha256=$(${sign("$BODY", words.secret)})"`);
      break;
    case "slack":
      before.push(`BODY=${quote(withBody ? text : "")}`, "NOW=$(date +%s)");
      lines.push('-H "X-Slack-Request-Timestamp: $NOW"', `-H "X-Slack-Signature: v0=$(${sign("v0:$NOW:$BODY", words.secret)})"`);
      break;
  }
  if (withBody) lines.push(`-H ${quote("Content-Type: application/json")}`, before.length > 0 ? '--data-raw "$BODY"' : `--data-raw ${quote(text)}`);
  return [...before, lines.join(" \\\n  ")].join("\n");
}

/** The HMAC-SHA256 of a text in double quotes, in hexadecimal digits. */
function sign(text: string, secret: string): string {
  return `printf %s "${text}" | openssl dgst -sha256 -hmac ${quote(secret)} | sed 's/^.* //'`;
}

/** Quote for a POSIX shell. */
function quote(text: string): string {
  return `'${text.replace(/'/g, `'\\''`)}'`;
}
