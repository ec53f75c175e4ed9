import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { describe, expect, it } from "vitest";
import type { GraphRetry } from "../graph/types";
import { renderEditor } from "../testing/renderEditor";
import { RetrySettings } from "./RetrySettings";
import { isRule } from "./retryRules";

const USUAL: GraphRetry = { retries: 2, delay_s: 5, exponential_backoff: true, max_delay_s: 300, jitter: true, retry_on: ["connection", "429"], never_on: ["http-tls"] };

function show(start: GraphRetry | null, locale = "en") {
  let current = start;
  function Settings() {
    const [retry, setRetry] = useState(start);
    current = retry;
    return <RetrySettings retry={retry} usual={USUAL} readOnly={false} issues={[]} onChange={setRetry} />;
  }
  renderEditor(<Settings />, { locale });
  return () => current;
}

describe("RetrySettings", { timeout: 30_000 }, () => {
  it("tells what is usual, and starts own settings from it", async () => {
    const user = userEvent.setup();
    const current = show(null);
    expect(screen.getByText("Tried again after: No connection, 429 Too many requests. Never after: http-tls.")).toBeInTheDocument();
    await user.selectOptions(screen.getByLabelText("When the step fails"), "Own settings");
    expect(current()).toEqual(USUAL);
  });

  it("adds rules by name and by typing, and takes them out", async () => {
    const user = userEvent.setup();
    const current = show({ ...USUAL, retry_on: [] });
    const on = screen.getByLabelText("Try again after");
    await user.click(on);
    await user.click(screen.getByRole("option", { name: /Database conflict/ }));
    await user.type(on, "500-599, http-status{Enter}");
    expect(current()?.retry_on).toEqual(["database_conflict", "500-599", "http-status"]);
    await user.click(on);
    expect(screen.queryByRole("option", { name: /Database conflict/ })).toBeNull();
    await user.click(screen.getByRole("button", { name: "Remove Database conflict" }));
    expect(current()?.retry_on).toEqual(["500-599", "http-status"]);
  });

  it("keeps what is no rule in the field, and says so", async () => {
    const user = userEvent.setup();
    const current = show(USUAL);
    const field = screen.getByTestId("field-retry.never_on");
    await user.type(within(field).getByRole("combobox"), "teapot");
    await user.tab();
    expect(within(field).getByText(/Choose one of the list/)).toBeInTheDocument();
    expect(within(field).getByRole("combobox")).toHaveValue("teapot");
    expect(current()?.never_on).toEqual(["http-tls"]);
  });

  it("switches jitter, and speaks Russian", async () => {
    const user = userEvent.setup();
    const current = show(USUAL, "ru");
    await user.click(screen.getByLabelText("Слегка менять паузу"));
    expect(current()?.jitter).toBe(false);
    expect(screen.getByText("Нет соединения")).toBeInTheDocument();
  });
});

it("knows rules as the graph's format does", () => {
  expect(["timeout", "404", "5xx", "500-599", "http-tls", "unexpected"].every(isRule)).toBe(true);
  expect(["teapot", "600", "5x", "500-", "HTTP-TLS", ""].some(isRule)).toBe(false);
});
