import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { Button } from "../components/Button";
import { makeSession } from "../testing/factories";
import { fakeServer } from "../testing/fakeServer";
import { renderEditor } from "../testing/renderEditor";
import { usePermissions, usePermissionsInList, workflowOfExecution, type Action } from "./usePermissions";

const ACTIONS: Action[] = ["read", "edit", "publish", "run", "answer", "operate", "delete"];
const NOTHING = Object.fromEntries(ACTIONS.map((action) => [action, false])) as Record<Action, boolean>;

function Buttons({ workflowId }: { workflowId?: string | undefined }) {
  const refusal = usePermissions(workflowId);
  return ACTIONS.map((action) => (
    <Button key={action} testId={action} disabledReason={refusal(action)}>
      {action}
    </Button>
  ));
}

function show(general: Partial<Record<Action, boolean>>, own?: Partial<Record<Action, boolean>>, locale = "en") {
  const server = fakeServer({
    "GET /api/session": () => makeSession({ ...NOTHING, ...general }),
    "GET /api/workflows/orders/permissions": () => ({ ...NOTHING, ...general, ...own }),
  });
  renderEditor(<Buttons workflowId={own && "orders"} />, { locale });
  return server;
}

const LISTED = ["orders", "bills", "all", "anywhere"];

function ListButtons() {
  const { refusalOf, anywhere } = usePermissionsInList("operate");
  return LISTED.map((id) => (
    <Button key={id} testId={id} disabledReason={id === "anywhere" ? anywhere : refusalOf(id === "all" ? null : id)}>
      {id}
    </Button>
  ));
}

function inList(general: Partial<Record<Action, boolean>>, ids: string[]) {
  const server = fakeServer({
    "GET /api/session": () => makeSession({ ...NOTHING, ...general }),
    "GET /api/session/workflows": () => ({ action: "operate", all: false, workflow_ids: ids }),
  });
  renderEditor(<ListButtons />);
  return { server, own: () => LISTED.filter((id) => screen.getByTestId(id).getAttribute("aria-disabled") !== "true") };
}

function allowed(): string[] {
  return ACTIONS.filter((action) => screen.getByTestId(action).getAttribute("aria-disabled") !== "true");
}

describe("usePermissions", () => {
  it("allows what the user may do in general", async () => {
    show({ read: true, run: true });
    await waitFor(() => expect(allowed()).toEqual(["read", "run"]));
  });

  it.each([
    ["en", "Ann may not publish workflows."],
    ["ru", "Пользователю Ann не разрешено публиковать."],
  ])("says why not (%s)", async (locale, told) => {
    show({ read: true }, undefined, locale);
    await waitFor(() => expect(allowed()).toEqual(["read"]));
    await userEvent.hover(screen.getByTestId("publish"));
    expect(await screen.findByText(told, { exact: false })).toBeInTheDocument();
  });

  it("adds what the user may do with one workflow", async () => {
    const server = show({ read: true }, { edit: true, publish: true });
    await waitFor(() => expect(allowed()).toEqual(["read", "edit", "publish"]));
    expect(server.calls).toContain("GET /api/workflows/orders/permissions");
  });

  it("asks nothing more of who may do everything", async () => {
    const all = Object.fromEntries(ACTIONS.map((action) => [action, true]));
    const server = show(all, {});
    await waitFor(() => expect(allowed()).toEqual(ACTIONS));
    expect(server.calls).toEqual(["GET /api/session"]);
  });

  it("asks once for a list, and tells those that the user may operate from the others", async () => {
    const { own, server } = inList({ read: true }, ["orders"]);
    await waitFor(() => expect(own()).toEqual(["orders", "anywhere"]));
    expect(server.calls.filter((call) => call === "GET /api/session/workflows")).toHaveLength(1);
    await userEvent.hover(screen.getByTestId("bills"));
    expect(await screen.findByText("but not to this one", { exact: false })).toBeInTheDocument();
    await userEvent.hover(screen.getByTestId("all"));
    expect(await screen.findByText("This concerns all workflows", { exact: false })).toBeInTheDocument();
  });

  it("allows nothing in a list to who may operate no workflow, and everything to who may in general", async () => {
    const nobody = inList({ read: true }, []);
    await waitFor(() => expect(nobody.server.calls).toContain("GET /api/session/workflows"));
    await userEvent.hover(screen.getByTestId("bills"));
    expect(await screen.findByText("Ann may not hold or release work", { exact: false })).toBeInTheDocument();
    expect(nobody.own()).toEqual([]);
  });

  it("asks for no list when the user may operate in general", async () => {
    const { own, server } = inList({ operate: true }, []);
    await waitFor(() => expect(own()).toEqual(LISTED));
    expect(server.calls).toEqual(["GET /api/session"]);
  });

  it("knows the workflow of an execution", () => {
    expect(workflowOfExecution("orders.manual__2026-01-05T09:00:00.000Z")).toBe("orders");
  });
});
