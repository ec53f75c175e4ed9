import { execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { expect, it } from "vitest";
import { splitWords } from "../curl/splitWords";
import { isSignedElsewhere, webhookCurl, type WebhookCall } from "./webhookCurl";

const CALL: WebhookCall = {
  url: "https://a.example/x",
  method: "POST",
  authentication: "header_token",
  header: "X-Token",
  words: { token: "T", name: "N", secret: "S" },
  body: { name: "it's $HOME" },
};
const BODY = `{"name":"it's $HOME"}`;

it("survives a shell, whatever the body holds", () => {
  expect(splitWords(webhookCurl(CALL)).words).toEqual([
    "curl", "-X", "POST", "https://a.example/x", "-H", "X-Token: T", "-H", "Content-Type: application/json", "--data-raw", BODY,
  ]);
});

it("leaves the token out when none is asked for, and the body where the method has none", () => {
  const words = splitWords(webhookCurl({ ...CALL, authentication: "none", method: "GET" })).words;
  expect(words).toEqual(["curl", "-X", "GET", "https://a.example/x"]);
});

it.each([
  ["basic", "N:S"],
  ["jwt", "Authorization: Bearer T"],
  ["gitlab", "X-Gitlab-Token: T"],
])("proves by %s who calls", (authentication, proof) => {
  expect(splitWords(webhookCurl({ ...CALL, authentication })).words).toContain(proof);
});

/** What a shell hands to curl. */
function run(command: string): string[] {
  const script = `curl() { for word; do printf '%s\\0' "$word"; done; }\n${command}`;
  return execFileSync("sh", ["-c", script]).toString().split("\0");
}

it("signs as GitHub and Slack do", () => {
  const github = run(webhookCurl({ ...CALL, authentication: "github" }));
  expect(github).toContain(`X-Hub-Signature-256: sha256=${createHmac("sha256", "S").update(BODY).digest("hex")}`);
  expect(github).toContain(BODY);
  const slack = run(webhookCurl({ ...CALL, authentication: "slack" }));
  const moment = slack.find((word) => word.startsWith("X-Slack-Request-Timestamp: "))?.split(": ")[1] ?? "";
  expect(slack).toContain(`X-Slack-Signature: v0=${createHmac("sha256", "S").update(`v0:${moment}:${BODY}`).digest("hex")}`);
  expect(isSignedElsewhere("stripe")).toBe(true);
  expect(isSignedElsewhere("github")).toBe(false);
});
