import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import type { Statistics } from "../api/statistics";
import { routeStore } from "../island/route";
import { FakeProblem, fakeServer } from "../testing/fakeServer";
import { renderEditor } from "../testing/renderEditor";
import { makeDay, makeStatistics, NO_RUNS } from "../testing/statisticsFactories";
import { formatDay, formatShare } from "./formats";
import { StatisticsView } from "./StatisticsView";

const QUERY = { from: "2026-01-04", to: "2026-01-05", tz: "UTC" };

function show(answer: Statistics | FakeProblem, locale = "en") {
  const server = fakeServer({ "GET /api/workflows/orders/statistics": () => answer });
  renderEditor(<StatisticsView workflowId="orders" query={QUERY} />, { locale });
  return server;
}

describe("StatisticsView", () => {
  it("asks for the days of the time zone, and tells them together", async () => {
    const server = show(makeStatistics());
    expect(await screen.findByTestId("statistics-total")).toHaveTextContent("1,240");
    expect(screen.getByTestId("statistics-rate")).toHaveTextContent("99.8%");
    expect(screen.getByTestId("statistics-median")).toHaveTextContent("8.1 s");
    expect(screen.getByTestId("statistics-p95")).toHaveTextContent("1 min 15 sp99: 2 min 10 s");
    expect(screen.getByTestId("statistics-active")).toHaveTextContent("1");
    expect(Object.fromEntries(server.requests[0]?.query ?? [])).toEqual(QUERY);
  });

  it("draws bars and lines that the keyboard reaches", async () => {
    show(makeStatistics());
    const chart = await screen.findByTestId("chart-runs");
    await waitFor(() => expect(chart.querySelectorAll(".recharts-bar-rectangle path").length).toBe(4));
    const focusable = within(chart).getByRole("application");
    expect(focusable).toHaveAttribute("tabindex", "0");
    expect(chart.querySelector("title")?.textContent).toBe("Executions a day: chart of 2 days. Arrow keys move through the days.");
    focusable.focus();
    await userEvent.keyboard("{ArrowRight}");
    const tip = await screen.findByTestId("tip-runs");
    expect(tip).toHaveTextContent("Mon, January 5, 2026");
    expect(tip).toHaveTextContent("Succeeded1,236");
    expect(tip).toHaveTextContent("Failed2");
    within(await screen.findByTestId("chart-duration")).getByRole("application").focus();
    expect(await screen.findByTestId("tip-duration")).toHaveTextContent("Sun, January 4, 2026p50–");
    expect((await screen.findByTestId("chart-duration")).querySelectorAll("path.recharts-line-curve, .recharts-line-dot").length).toBeGreaterThanOrEqual(3);
  });

  it("shows each chart as a table whose days lead to their executions", async () => {
    const navigate = vi.fn();
    routeStore.setState({ navigate });
    show(makeStatistics());
    await userEvent.click(await screen.findByRole("button", { name: "Executions a day as a table" }));
    const table = screen.getByTestId("table-runs");
    const rows = within(table).getAllByRole("row");
    expect(rows.map((row) => row.textContent)).toEqual(["DaySucceededRunning, queuedCancelledFailed", "Mon, January 5, 20261,236112", "Sun, January 4, 20260000"]);
    const links = within(table).getAllByRole("link");
    expect(links).toHaveLength(1);
    await userEvent.click(links[0] as HTMLElement);
    const [path] = navigate.mock.calls[0] as [string];
    expect(path).toMatch(/^\/executions\?workflow=orders&from=2026-01-0\dT\d\d%3A\d\d&to=2026-01-0\dT\d\d%3A\d\d$/);
    await userEvent.click(screen.getByRole("button", { name: "Executions a day as a chart" }));
    expect(screen.queryByTestId("table-runs")).toBeNull();
  });

  it("says that durations are of a part, where they are", async () => {
    show(makeStatistics({ timed_share: 0.1 }));
    expect(await screen.findByTestId("card-duration")).toHaveTextContent("Of an even share of those that succeeded: 10%");
  });

  it("compares steps, triggers and what is next", async () => {
    const at = "2026-01-06T09:00:00Z";
    show(makeStatistics({ schedule: "active", next_runs: [{ at, node_id: "morning", name: "Every morning" }] }));
    expect(await screen.findByTestId("slow-get_product")).toHaveTextContent("Get the product400 ms2.2 s");
    expect(screen.getByTestId("fail-get_product")).toHaveTextContent("2 of 409");
    expect(screen.getByTestId("card-triggers")).toHaveTextContent("Webhook1,20096.8%");
    expect(screen.getByTestId("card-next")).toHaveTextContent("Every morning");
    expect(screen.getByTestId("card-next").querySelector("time")).toHaveAttribute("dateTime", at);
  });

  it("says what to do for a workflow that has never run", async () => {
    const navigate = vi.fn();
    routeStore.setState({ navigate });
    show(makeStatistics({ has_run: false, total: NO_RUNS, schedule: "off" }));
    expect(await screen.findByTestId("never-ran")).toHaveTextContent("This workflow has never run");
    expect(screen.getByTestId("card-next")).toHaveTextContent("The schedule is switched off.");
    expect(screen.queryByTestId("statistics-total")).toBeNull();
    await userEvent.click(screen.getByRole("button", { name: "Open the editor" }));
    expect(navigate.mock.calls[0]?.[0]).toBe("/workflows/orders");
  });

  it("tells days without executions from a workflow without any", async () => {
    show(makeStatistics({ total: NO_RUNS, days: [makeDay("2026-01-05")] }));
    expect(await screen.findByTestId("no-days")).toBeInTheDocument();
    expect(screen.queryByTestId("chart-runs")).toBeNull();
  });

  it("shows why the numbers are not there", async () => {
    show(new FakeProblem(404, { detail: "There is no such workflow." }));
    expect(await screen.findByRole("alert")).toHaveTextContent("There is no such workflow.");
  });

  it("speaks Russian, with Russian numbers and days", async () => {
    show(makeStatistics(), "ru");
    expect(await screen.findByTestId("statistics-total")).toHaveTextContent(/1\s240/);
    expect(screen.getByTestId("card-slow")).toHaveTextContent(/По 1\s240 последним запускам/);
    expect(screen.getByTestId("fail-get_product")).toHaveTextContent("2 из 40");
  });
});

describe("formats", () => {
  it("moves no day to another, whatever the browser's time zone", () => {
    expect(formatDay("2026-03-01", "en")).toBe("Mar 1");
    expect(formatDay("2026-03-01", "ru")).toBe("1 мар.");
  });

  it("calls nothing whole that is not", () => {
    expect(formatShare(1, "en")).toBe("100%");
    expect(formatShare(0.99999, "en")).toBe("99.9%");
    expect(formatShare(null, "en")).toBe("–");
  });
});
