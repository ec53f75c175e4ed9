import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { AlertChannel, AlertRule } from "../api/alerts";
import { ToastRegion } from "../components/Toast";
import { makeSession } from "../testing/factories";
import { fakeServer, type FakeRoute } from "../testing/fakeServer";
import { renderEditor } from "../testing/renderEditor";
import { AlertsView } from "./AlertsView";
import { bodyOfChannel, faultsOfChannel, formOfChannel } from "./channelForm";
import { faultsOfQuietHours, formOfQuietHours } from "./quietForm";
import { bodyOfRule, faultsOfRule, formOfRule } from "./ruleForm";

const AT = "2026-01-05T09:00:00Z";
const STAMPS = { created_at: AT, created_by: "ann", updated_at: AT, updated_by: "ann" };

beforeAll(() => {
  // jsdom draws neither dialogs nor popovers.
  HTMLDialogElement.prototype.showModal ??= vi.fn();
  HTMLDialogElement.prototype.close ??= vi.fn();
  HTMLElement.prototype.showPopover ??= vi.fn();
  HTMLElement.prototype.hidePopover ??= vi.fn();
});

function makeChannel(patch: Partial<AlertChannel> = {}): AlertChannel {
  return { id: "c", kind: "telegram", name: "Ops", enabled: true, config: { connection_id: "bot", chat: "", to: [], sender: "", url: "", notifier: "" }, language: null, fallback_id: null, source: "user", health: "ok", failures: 0, failing_since: null, last_error: null, last_sent_at: null, used_by: 0, ...STAMPS, ...patch };
}

function makeRule(patch: Partial<AlertRule> = {}): AlertRule {
  return { id: "r", kind: "failure", workflow_id: null, name: "", enabled: true, conditions: {}, channel_ids: ["c"], group_s: 600, max_messages: 5, rate_s: 60, quiet_hours: null, source: "user", overridden: false, ...STAMPS, ...patch } as AlertRule;
}

function show(channels: AlertChannel[], rules: AlertRule[], routes: Record<string, FakeRoute> = {}, operate = true) {
  const server = fakeServer({
    "GET /api/session": () => makeSession({ operate }),
    "GET /api/alerts/rules": () => ({ rules, total_entries: rules.length }),
    "GET /api/alerts/channels": () => ({ channels, total_entries: channels.length, notifiers: [], default_language: "en" }),
    "GET /api/workflows": () => ({ workflows: [], total_entries: 0 }),
    ...routes,
  });
  renderEditor(
    <>
      <AlertsView />
      <ToastRegion />
    </>,
  );
  return server;
}

async function press(testId: string) {
  await waitFor(() => expect(screen.getByTestId(testId)).not.toHaveAttribute("aria-disabled"));
  await userEvent.click(screen.getByTestId(testId));
}

describe("AlertsView", () => {
  it("tries a channel and tells why it did not take the message", async () => {
    show([makeChannel()], [], { "POST /api/alerts/channels/c/test": () => ({ ok: false, message: "Telegram knows no such chat.", code: "alert-channel" }) });
    await userEvent.click(await screen.findByTestId("tab-channels"));
    await press("test-c");
    expect(await screen.findByText("Telegram knows no such chat.")).toBeInTheDocument();
  });

  it("saves no rule that leads nowhere, and then the one that does", async () => {
    const server = show([makeChannel()], [], { "POST /api/alerts/rules": () => makeRule() });
    await screen.findByTestId("new-rule");
    await press("new-rule");
    await userEvent.click(screen.getByTestId("rule-submit"));
    expect(screen.getByText("Choose at least one channel.")).toBeInTheDocument();
    expect(server.calls).not.toContain("POST /api/alerts/rules");
    await userEvent.selectOptions(screen.getByTestId("rule-kind"), "long_run");
    await userEvent.click(screen.getByTestId("rule-channel-c"));
    await userEvent.click(screen.getByTestId("rule-submit"));
    await waitFor(() => expect(screen.queryByTestId("rule-dialog")).toBeNull());
    expect(server.requests.find((one) => one.body)?.body).toMatchObject({ kind: "long_run", conditions: { longer_than_s: 3600 }, channel_ids: ["c"], workflow_id: null });
  });

  it("tells all faults of quiet hours and rate at once, and saves them when they are mended", async () => {
    const server = show([makeChannel()], [makeRule()], { "PUT /api/alerts/rules/r": () => makeRule() });
    await screen.findByTestId("edit-r");
    await press("edit-r");
    await userEvent.clear(screen.getByTestId("rule-max_messages"));
    await userEvent.click(screen.getByTestId("rule-quiet"));
    await userEvent.clear(screen.getByTestId("rule-quiet-timezone"));
    await userEvent.type(screen.getByTestId("rule-quiet-timezone"), "Mars/Olympus");
    for (const day of [0, 1, 2, 3, 4, 5, 6]) await userEvent.click(screen.getByTestId(`rule-quiet-day-${day}`));
    await userEvent.click(screen.getByTestId("rule-submit"));
    const dialog = screen.getByTestId("rule-dialog");
    for (const fault of ["Give a whole number from 1 to 1,000.", "There is no such time zone.", "Choose at least one day."]) expect(dialog).toHaveTextContent(fault);
    expect(server.calls).not.toContain("PUT /api/alerts/rules/r");
    await userEvent.type(screen.getByTestId("rule-max_messages"), "3");
    await userEvent.clear(screen.getByTestId("rule-quiet-timezone"));
    await userEvent.type(screen.getByTestId("rule-quiet-timezone"), "Europe/Moscow");
    await userEvent.click(screen.getByTestId("rule-quiet-day-4"));
    await userEvent.click(screen.getByTestId("rule-submit"));
    await waitFor(() => expect(screen.queryByTestId("rule-dialog")).toBeNull());
    expect(server.requests.find((one) => one.body)?.body).toMatchObject({ max_messages: 3, rate_s: 60, quiet_hours: { timezone: "Europe/Moscow", start: "22:00", end: "07:00", days: [4] } });
  });

  it("lets one of the other channels hear of one that does not work", async () => {
    const mail = makeChannel({ id: "mail", name: "Mail", enabled: false });
    const server = show([makeChannel(), mail], [], { "PUT /api/alerts/channels/c": () => makeChannel() });
    await userEvent.click(await screen.findByTestId("tab-channels"));
    await press("edit-c");
    const choice = screen.getByTestId("channel-fallback");
    expect([...choice.querySelectorAll("option")].map((one) => one.textContent)).toEqual(["The other channels that work", "Mail (off)"]);
    await userEvent.selectOptions(choice, "mail");
    await userEvent.click(screen.getByTestId("channel-submit"));
    await waitFor(() => expect(server.requests.find((one) => one.body)?.body).toMatchObject({ fallback_id: "mail" }));
  });

  it("removes nothing that environment variables make, and switches it off instead", async () => {
    const channel = makeChannel({ id: "environment-telegram", source: "environment" });
    const server = show([channel], [makeRule({ source: "environment" })], { "PUT /api/alerts/channels/environment-telegram": () => channel });
    await waitFor(() => expect(screen.getByTestId("edit-r")).not.toHaveAttribute("aria-disabled"));
    expect(screen.getByTestId("remove-r")).toHaveAttribute("aria-disabled", "true");
    await userEvent.click(screen.getByTestId("tab-channels"));
    await press("edit-environment-telegram");
    expect(screen.queryByTestId("channel-connection_id")).toBeNull();
    await userEvent.click(screen.getByRole("checkbox", { name: "Switched on", hidden: true }));
    await userEvent.click(screen.getByTestId("channel-submit"));
    await waitFor(() => expect(server.requests.find((one) => one.body)?.body).toMatchObject({ enabled: false, config: channel.config }));
  });

  it("offers changes to nobody who may not make them", async () => {
    show([makeChannel()], [makeRule()], {}, false);
    await waitFor(() => expect(screen.getByTestId("edit-r")).toHaveAttribute("aria-disabled", "true"));
    await userEvent.click(screen.getByTestId("edit-r"));
    expect(screen.queryByTestId("rule-dialog")).toBeNull();
  });

  it("shows what could not be sent, and why", async () => {
    const message = { id: "m", kind: "failure", rule_id: "r", rule_name: "", channel_id: "c", channel_name: "Ops", channel_kind: "telegram", workflow_id: "orders", workflow_name: "Orders", execution_id: null, count: 1, title: "Orders failed", state: "failed", attempts: 4, error: "The bot is blocked.", due_at: AT, created_at: AT, sent_at: null };
    const server = show([makeChannel()], [makeRule()], { "GET /api/alerts/history": () => ({ messages: [message], next_cursor: null, held: 2 }) });
    await userEvent.click(await screen.findByTestId("tab-history"));
    expect(await screen.findByTestId("message-m")).toHaveTextContent("The bot is blocked.");
    expect(screen.getByText("2 events wait to be told")).toBeInTheDocument();
    await userEvent.selectOptions(screen.getByTestId("history-state"), "failed");
    await waitFor(() => expect(server.requests.at(-1)?.query.getAll("state")).toEqual(["failed"]));
  });
});

describe("forms of alerts", () => {
  it("names what a channel lacks, by kind", () => {
    const form = { ...formOfChannel(null), name: "Ops" };
    expect(Object.keys(faultsOfChannel(form))).toEqual(["connection_id"]);
    const mail = { ...form, kind: "email" as const, config: { ...form.config, connection_id: "smtp", to: "a@b.org, nobody" } };
    expect(faultsOfChannel(mail)).toEqual({ to: { key: "invalidEmail", address: "nobody" } });
    const hook = { ...form, kind: "webhook" as const, config: { ...form.config, connection_id: "hook", url: "ftp://x" } };
    expect(faultsOfChannel(hook)).toEqual({ url: { key: "invalidUrl" } });
  });

  it("sends the fields of the kind only", () => {
    const form = formOfChannel(makeChannel({ kind: "email", config: { connection_id: "smtp", chat: "-100", to: ["a@b.org"], sender: "", url: "", notifier: "" } }));
    expect(bodyOfChannel(form).config).toEqual({ connection_id: "smtp", chat: "", to: ["a@b.org"], sender: "", url: "", notifier: "" });
  });

  it("writes back a rule as it was read", () => {
    const rule = makeRule({ kind: "retry", conditions: { min_tries: 3 }, quiet_hours: { timezone: "Asia/Tokyo", start: "22:00", end: "07:00", days: [0, 4] } });
    expect(bodyOfRule(formOfRule(rule))).toMatchObject({ conditions: { min_tries: 3 }, group_s: 600, max_messages: 5, rate_s: 60, quiet_hours: rule.quiet_hours });
    expect(bodyOfRule(formOfRule(makeRule())).quiet_hours).toBeNull();
  });

  it("asks nothing of quiet hours that are off, and of others what the server asks", () => {
    const off = { ...formOfQuietHours(null), timezone: "", start: "", end: "", days: [] };
    expect(faultsOfQuietHours(off)).toEqual([]);
    expect(faultsOfQuietHours({ ...off, on: true })).toEqual(["quiet_timezone", "quiet_start", "quiet_end", "quiet_days"]);
    const night = { ...formOfQuietHours(null), on: true };
    expect(faultsOfQuietHours({ ...night, timezone: "UTC" })).toEqual([]);
    expect(faultsOfQuietHours({ ...night, timezone: "Mars/Olympus", end: night.start })).toEqual(["quiet_timezone", "quiet_end"]);
    expect(faultsOfQuietHours({ ...night, timezone: "+03:00" })).toEqual(["quiet_timezone"]);
  });

  it("refuses numbers out of bounds, and lets a rule that is off lead nowhere", () => {
    const form = formOfRule(makeRule({ kind: "no_run", channel_ids: [] }));
    expect([...faultsOfRule({ ...form, numbers: { ...form.numbers, within_s: "59" } })]).toEqual(["within_s", "channel_ids"]);
    expect([...faultsOfRule({ ...form, enabled: false })]).toEqual([]);
  });
});
