/** A curl command that calls a webhook, to paste into a terminal. */

export interface WebhookCall {
  url: string;
  /** Header with the token; null when the webhook asks for none. */
  header: string | null;
  token: string;
  body: unknown;
}

export function webhookCurl({ url, header, token, body }: WebhookCall): string {
  const lines = [`curl -X POST ${quote(url)}`, `-H ${quote("Content-Type: application/json")}`];
  if (header !== null) lines.push(`-H ${quote(`${header}: ${token}`)}`);
  lines.push(`-d ${quote(JSON.stringify(body ?? {}))}`);
  return lines.join(" \\\n  ");
}

/** Quote for a POSIX shell. */
function quote(text: string): string {
  return `'${text.replace(/'/g, `'\\''`)}'`;
}
