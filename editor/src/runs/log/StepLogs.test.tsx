import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { fakeEventSources, type FakeEventSource } from "../../testing/fakeEventSource";
import { fakeServer } from "../../testing/fakeServer";
import { renderEditor } from "../../testing/renderEditor";
import type { LogLine, Step } from "../types";
import { StepLogs } from "./StepLogs";

const STEP = { node_id: "get", name: "Get", type: "http_request", state: "running", tries: 2, max_tries: 3, omitted: [] } as unknown as Step;

let sources: FakeEventSource[];
beforeEach(() => {
  fakeServer({});
  sources = fakeEventSources();
  // jsdom scrolls nothing.
  vi.spyOn(HTMLElement.prototype, "scrollHeight", "get").mockReturnValue(1000);
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(200);
});

function lines(...messages: [level: string, message: string][]): { lines: LogLine[]; done: boolean; next_token: null; try_number: number } {
  return { lines: messages.map(([level, message]) => ({ timestamp: "2026-01-05T09:00:01Z", level, message })), done: false, next_token: null, try_number: 2 };
}

function show(locale = "en") {
  renderEditor(<StepLogs executionId="orders.manual__1" step={STEP} item={4} />, { locale });
  sources[0]?.open();
  sources[0]?.tell("lines", lines(["debug", "details"], ["info", "GET /orders"], ["warn", "slow orders, many ORDERS"], ["error", "no answer"]));
}

describe("StepLogs", { timeout: 30_000 }, () => {
  it("marks what is looked for, and leads on and back", async () => {
    show();
    const input = screen.getByTestId("log-search");
    await userEvent.type(input, "orders");
    expect(screen.getByTestId("log-found")).toHaveTextContent("1 of 3");
    expect(screen.getByTestId("log-lines").querySelectorAll("mark")).toHaveLength(3);
    await userEvent.type(input, "{Enter}{Enter}");
    expect(screen.getByTestId("log-found")).toHaveTextContent("3 of 3");
    expect(screen.getByTestId("log-lines").querySelector("mark[data-current]")).toHaveTextContent("ORDERS");
    await userEvent.click(screen.getByTestId("log-next"));
    expect(screen.getByTestId("log-found")).toHaveTextContent("1 of 3");
    await userEvent.type(input, "{Shift>}{Enter}{/Shift}");
    expect(screen.getByTestId("log-found")).toHaveTextContent("3 of 3");
    await userEvent.clear(input);
    await userEvent.type(input, "nowhere");
    expect(screen.getByTestId("log-found")).toHaveTextContent("Not found");
    expect(screen.getByTestId("log-next")).toBeDisabled();
  });

  it("hides what is below a level, says how much, and counts other loggers' names", async () => {
    show("ru");
    expect(screen.getByRole("option", { name: "warning (2)" })).toBeInTheDocument();
    await userEvent.selectOptions(screen.getByTestId("log-level"), "warning (2)");
    expect(screen.getByTestId("log-lines")).not.toHaveTextContent("GET /orders");
    expect(screen.getByTestId("log-lines")).toHaveTextContent("many ORDERS");
    expect(screen.getByText("Скрыты 2 строки ниже этого уровня.", { exact: false })).toBeInTheDocument();
  });

  it("follows the end until it is paused, and counts what has come since", async () => {
    show();
    const box = screen.getByTestId("log-lines");
    expect(box.scrollTop).toBe(1000);
    await userEvent.click(screen.getByTestId("log-follow"));
    box.scrollTop = 0;
    sources[0]?.tell("lines", lines(["info", "one"], ["info", "two"]), "e-2");
    expect(box.scrollTop).toBe(0);
    expect(screen.getByTestId("log-unseen")).toHaveTextContent("2 new lines");
    await userEvent.click(screen.getByTestId("log-unseen"));
    expect(box.scrollTop).toBe(1000);
    expect(screen.queryByTestId("log-unseen")).toBeNull();
  });

  it("shows another try, and leads to the whole of its log", async () => {
    show();
    expect(screen.getByTestId("log-download")).toHaveAttribute("href", expect.stringMatching(/\/api\/executions\/orders\.manual__1\/steps\/get\/logs\/download\?try_number=2&item=4$/));
    sources[0]?.tell("end", { try_number: 2, truncated: true }, "e-2");
    expect(screen.getByTestId("log-truncated")).toHaveTextContent("longer than what is shown");
    expect(screen.queryByTestId("log-follow")).toBeNull();
    await userEvent.selectOptions(screen.getByTestId("log-try"), "Try 1");
    expect(sources[1]?.url).toContain("try_number=1&item=4");
    expect(screen.getByTestId("log-lines")).toHaveTextContent("Waiting for the first line");
    expect(screen.getByTestId("log-download").getAttribute("href")).toContain("try_number=1");
  });
});
