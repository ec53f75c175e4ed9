import { screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { makeNode, makeSession } from "../../testing/factories";
import { fakeServer } from "../../testing/fakeServer";
import { renderEditor } from "../../testing/renderEditor";
import { EmailSource } from "./EmailSource";

const MAILBOX = { node_id: "mail", state: "watching", pushes: true, error: null, checked_at: "2026-01-05T09:05:00Z", connection_id: "box", folder: "INBOX" };

function show(parameters: Record<string, unknown>, { mailboxes = [] as object[], locale = "en" } = {}) {
  const server = fakeServer({
    "GET /api/session": () => ({ ...makeSession(), webhook_base_url: "https://flow.example.com/flowforge/api/webhooks" }),
    "GET /api/workflows/{id}/mailboxes": () => ({ mailboxes }),
  });
  const node = makeNode("mail", { type: "email.receive", parameters });
  renderEditor(<EmailSource node={node} workflowId="orders" readOnly={false} />, { locale });
  return server;
}

describe("EmailSource", () => {
  it.each([
    ["watching", true, "The mailbox is watched", "New messages count at once."],
    ["watching", false, "The mailbox is watched", "Its server is asked at intervals."],
    ["starting", null, "Connecting to the mailbox", null],
    ["waiting", null, "Nobody watches the mailbox at present", null],
  ])("tells how a mailbox fares: %s, pushed %s", async (state, pushes, told, way) => {
    const server = show({ source: "imap" }, { mailboxes: [{ ...MAILBOX, node_id: "other", state: "failed" }, { ...MAILBOX, state, pushes }] });
    const status = await screen.findByTestId("mailbox-status");
    expect(status).toHaveTextContent(told);
    if (way) expect(status).toHaveTextContent(way);
    else expect(status).toHaveTextContent(new RegExp(`^${told}$`));
    expect(server.calls).toContain("GET /api/workflows/orders/mailboxes");
  });

  it.each([
    ["en", "The mailbox cannot be read"],
    ["ru", "Ящик не читается"],
  ])("tells why it cannot be read (%s)", async (locale, told) => {
    const error = "The mail server does not let \"ann\" in. [mailbox-login]";
    show({ source: "imap" }, { mailboxes: [{ ...MAILBOX, state: "failed", pushes: null, error }], locale });
    const status = await screen.findByTestId("mailbox-status");
    expect(status).toHaveTextContent(told);
    expect(status).toHaveTextContent(error);
  });

  it.each([
    ["email", "https://flow.example.com/flowforge/api/webhooks/orders/email"],
    ["in/orders", "https://flow.example.com/flowforge/api/webhooks/orders/in/orders"],
    ["", "https://flow.example.com/flowforge/api/webhooks/orders"],
  ])("shows the address that Resend calls (path %j)", async (path, url) => {
    const server = show({ source: "resend", path });
    expect(await screen.findByTestId("resend-url")).toHaveTextContent(new RegExp(`^${url}$`));
    expect(screen.getByRole("button", { name: "Copy: Address for Resend" })).toBeInTheDocument();
    expect(screen.queryByTestId("mailbox-status")).toBeNull();
    expect(server.calls.some((call) => call.endsWith("/mailboxes"))).toBe(false);
  });

  it("takes the usual path where the node names none", async () => {
    show({ source: "resend" });
    expect(await screen.findByTestId("resend-url")).toHaveTextContent(/\/orders\/email$/);
  });

  it("says nothing of a mailbox before the workflow is published", async () => {
    const server = show({ source: "imap" }, { mailboxes: [] });
    await expect.poll(() => server.calls).toContain("GET /api/workflows/orders/mailboxes");
    expect(screen.queryByTestId("mailbox-status")).toBeNull();
  });
});
