import { describe, expect, it } from "vitest";
import { mayMakeSecret, tokenHeader } from "./webhookSenders";

describe("who knows the secret of a webhook", () => {
  it("makes secrets up for senders that take any", () => {
    expect(mayMakeSecret({})).toBe(true);
    expect(mayMakeSecret({ authentication: "github" })).toBe(true);
    // Stripe and Slack give theirs out.
    expect(mayMakeSecret({ authentication: "stripe" })).toBe(false);
    expect(mayMakeSecret({ authentication: "slack" })).toBe(false);
  });

  it("names the header of a token", () => {
    expect(tokenHeader({})).toBe("X-FlowForge-Token");
    expect(tokenHeader({ authentication: "header_token", header_name: "X-Shop" })).toBe("X-Shop");
    expect(tokenHeader({ authentication: "gitlab", header_name: "X-Shop" })).toBe("X-Gitlab-Token");
    expect(tokenHeader({ authentication: "github" })).toBeNull();
  });
});
