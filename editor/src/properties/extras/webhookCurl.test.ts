import { expect, it } from "vitest";
import { splitWords } from "../curl/splitWords";
import { webhookCurl } from "./webhookCurl";

it("survives a shell, whatever the body holds", () => {
  const command = webhookCurl({ url: "https://a.example/x", header: "X-Token", token: "T", body: { name: "it's $HOME" } });
  expect(splitWords(command).words).toEqual([
    "curl", "-X", "POST", "https://a.example/x", "-H", "Content-Type: application/json", "-H", "X-Token: T", "-d", `{"name":"it's $HOME"}`,
  ]);
});

it("leaves the token out when none is asked for", () => {
  expect(webhookCurl({ url: "u", header: null, token: "T", body: null })).not.toContain("T:");
});
