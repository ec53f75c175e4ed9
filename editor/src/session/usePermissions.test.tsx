import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { Button } from "../components/Button";
import { makeSession } from "../testing/factories";
import { fakeServer } from "../testing/fakeServer";
import { renderEditor } from "../testing/renderEditor";
import { usePermissions, workflowOfExecution, type Action } from "./usePermissions";

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

  it("knows the workflow of an execution", () => {
    expect(workflowOfExecution("orders.manual__2026-01-05T09:00:00.000Z")).toBe("orders");
  });
});
