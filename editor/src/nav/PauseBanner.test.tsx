import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { PauseState } from "../api/queue";
import { routeStore } from "../island/route";
import { makeSession } from "../testing/factories";
import { fakeServer } from "../testing/fakeServer";
import { makePause, makePauseState } from "../testing/queueFactories";
import { renderEditor } from "../testing/renderEditor";
import { PauseBanner } from "./PauseBanner";

function show(state: PauseState, path = "/") {
  routeStore.setState({ path });
  let now = state;
  const server = fakeServer({
    "GET /api/session": () => makeSession(),
    "GET /api/queue/pause": () => now,
    "POST /api/queue/pause": () => (now = makePauseState()),
  });
  renderEditor(<PauseBanner />);
  return server;
}

describe("PauseBanner", () => {
  beforeEach(() => routeStore.setState({ path: "/" }));

  it("tells who paused and why, and is gone after resuming", async () => {
    const server = show(makePauseState({ pause: makePause() }));
    const banner = await screen.findByTestId("pause-banner");
    expect(banner).toHaveTextContent("All workflows are paused");
    expect(banner).toHaveTextContent("by bob");
    expect(banner).toHaveTextContent("The shop is down");
    await waitFor(() => expect(screen.getByTestId("banner-resume")).not.toHaveAttribute("aria-disabled"));
    await userEvent.click(screen.getByTestId("banner-resume"));
    await waitFor(() => expect(screen.queryByTestId("pause-banner")).toBeNull());
    expect(server.requests.find((one) => one.body)?.body).toEqual({ paused: false, reason: "" });
  });

  it("counts what a drain still waits for, and tells when it is done", async () => {
    const pause = makePause({ draining: true });
    show(makePauseState({ pause, drain: { draining: true, drained: false, running_steps: 2, running: [], deferred: 0 } }));
    expect(await screen.findByTestId("pause-banner")).toHaveTextContent("2 steps still run");
    expect(screen.getByTestId("pause-banner")).not.toHaveTextContent("nothing runs any more");
  });

  it("shows the pause of one workflow on its own canvas only", async () => {
    const state = makePauseState({ workflows: [makePause({ workflow_id: "orders" })] });
    const server = show(state);
    await waitFor(() => expect(server.calls).toContain("GET /api/queue/pause"));
    expect(screen.queryByTestId("pause-banner")).toBeNull();
    routeStore.setState({ path: "/workflows/orders" });
    expect(await screen.findByText("This workflow is paused: nothing new of it starts.")).toBeInTheDocument();
    routeStore.setState({ path: "/workflows/others" });
    await waitFor(() => expect(screen.queryByTestId("pause-banner")).toBeNull());
  });
});
