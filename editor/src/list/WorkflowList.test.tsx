import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { WorkflowSummary } from "../api/types";
import { routeStore } from "../island/route";
import { FakeProblem, fakeServer, type FakeRoute } from "../testing/fakeServer";
import { MANUAL, makeGraph, makeSession, makeSummary, makeWorkflow } from "../testing/factories";
import { renderEditor } from "../testing/renderEditor";
import { WorkflowList } from "./WorkflowList";

const navigate = vi.fn();

function show(workflows: WorkflowSummary[], { routes = {}, locale = "en", mayEdit = true }: { routes?: Record<string, FakeRoute>; locale?: string; mayEdit?: boolean } = {}) {
  const server = fakeServer({
    "GET /api/session": () => makeSession({ edit: mayEdit, delete: mayEdit }),
    "GET /api/node-types": () => ({ node_types: [MANUAL], total_entries: 1 }),
    "GET /api/templates": () => ({ templates: [], total_entries: 0 }),
    "GET /api/workflows": ({ query }) => {
      const found = workflows.filter((one) => one.name.toLowerCase().includes(query.get("search") ?? "") && (!query.get("state") || one.state === query.get("state")));
      return { workflows: found, total_entries: found.length };
    },
    ...routes,
  });
  renderEditor(<WorkflowList />, { locale });
  return server;
}

const row = async (id: string) => within(await screen.findByTestId(`workflow-row-${id}`));

/** Click a button of the header once the server has said that the user may. */
async function start(testId: string): Promise<void> {
  await waitFor(() => expect(screen.getAllByTestId(testId)[0]).not.toHaveAttribute("aria-disabled"));
  await userEvent.click(screen.getAllByTestId(testId)[0] as HTMLElement);
}

beforeEach(() => {
  navigate.mockClear();
  routeStore.setState({ navigate, pageRoute: "/plugin/flowforge" });
});

describe("WorkflowList", { timeout: 20_000 }, () => {
  it("shows state, problems, last and next run of each workflow, with links to both", async () => {
    show([
      makeSummary({
        state: "changed",
        issue_count: 2,
        last_run: { execution_id: "orders.manual__1", state: "failed", started_at: new Date(Date.now() - 120_000).toISOString(), ended_at: null },
        next_run_at: new Date(Date.now() + 3_600_000).toISOString(),
      }),
      makeSummary({ id: "empty", name: "Empty" }),
    ]);
    const orders = await row("orders");
    expect(orders.getByTestId("workflow-state-orders")).toHaveTextContent("Changed");
    expect(orders.getByText("2 problems")).toBeInTheDocument();
    expect(orders.getByTestId("last-run-orders")).toHaveTextContent(/Failed.*2 minutes ago/);
    expect(orders.getByText("in 1 hour")).toBeInTheDocument();
    await userEvent.click(orders.getByText("Failed"));
    expect(navigate).toHaveBeenCalledWith("/workflows/orders/executions/orders.manual__1", undefined);
    await userEvent.click(orders.getByText("Orders"));
    expect(navigate).toHaveBeenCalledWith("/workflows/orders", undefined);
    expect((await row("empty")).getByText("never")).toBeInTheDocument();
  });

  it("searches and filters on the server, and offers a way out when nothing is found", async () => {
    const server = show([makeSummary(), makeSummary({ id: "mail", name: "Mail", state: "published" })]);
    await userEvent.click(await screen.findByRole("button", { name: "Published" }));
    await waitFor(() => expect(screen.queryByTestId("workflow-row-orders")).toBeNull());
    expect(screen.getByTestId("workflow-row-mail")).toBeInTheDocument();
    await userEvent.type(screen.getByTestId("list-search"), "zzz");
    await userEvent.click(await screen.findByRole("button", { name: "Clear the filters" }));
    await row("orders");
    expect(server.requests.some((request) => request.query.get("search") === "zzz" && request.query.get("state") === "published")).toBe(true);
  });

  it("creates from a template and opens what it has made", async () => {
    const server = show([], { routes: { "POST /api/workflows": ({ body }) => makeWorkflow(makeGraph([]), { id: "new-one", name: (body as { name: string }).name }) } });
    await start("new-workflow");
    await userEvent.click(await screen.findByTestId("create-submit"));
    expect(screen.getByTestId("create-name")).toHaveAttribute("aria-invalid", "true");
    await userEvent.type(screen.getByTestId("create-name"), "New one");
    await userEvent.click(screen.getByTestId("create-template-webhook"));
    await userEvent.click(screen.getByTestId("create-submit"));
    await waitFor(() => expect(navigate).toHaveBeenCalledWith("/workflows/new-one", undefined));
    const sent = server.requests.find((request) => (request.body as { name?: string } | null)?.name === "New one")?.body as { graph: { nodes: { type: string }[] } };
    expect(sent.graph.nodes.map((node) => node.type)).toContain("webhook");
  });

  it("asks before it deletes a published workflow, which needs a second yes", async () => {
    const server = show([makeSummary({ state: "published" })], { routes: { "DELETE /api/workflows/orders": () => null } });
    await userEvent.click((await row("orders")).getByTestId("workflow-menu-orders"));
    await userEvent.click(screen.getByRole("menuitem", { name: /Delete/, hidden: true }));
    expect(screen.getByTestId("delete-confirm")).toBeDisabled();
    await userEvent.click(screen.getByTestId("delete-force"));
    await userEvent.click(screen.getByTestId("delete-confirm"));
    await waitFor(() => expect(server.calls).toContain("DELETE /api/workflows/orders"));
    expect(server.requests[server.calls.indexOf("DELETE /api/workflows/orders")]?.query.get("force")).toBe("true");
  });

  it("duplicates and refreshes", async () => {
    const server = show([makeSummary()], { routes: { "POST /api/workflows/orders/duplicate": () => makeWorkflow(makeGraph([]), { id: "orders-2" }) } });
    await userEvent.click((await row("orders")).getByTestId("workflow-menu-orders"));
    await userEvent.click(screen.getByRole("menuitem", { name: /Duplicate/, hidden: true }));
    await waitFor(() => expect(server.calls.filter((call) => call === "GET /api/workflows").length).toBeGreaterThan(1));
    expect(server.calls).toContain("POST /api/workflows/orders/duplicate");
  });

  it("says where a file that is imported is wrong, and keeps the text", async () => {
    show([], {
      routes: { "POST /api/workflows/import": () => new FakeProblem(422, { code: "graph-invalid", detail: "The graph has 1 error.", issues: [{ code: "graph-shape", message: "It is required.", severity: "error", node_id: "a", edge_id: null, field: "type" }] }) },
    });
    await start("import-workflow");
    const text = screen.getByTestId("import-text");
    await userEvent.click(text);
    await userEvent.paste("{oops");
    await userEvent.click(screen.getByTestId("import-submit"));
    expect(text).toHaveAttribute("aria-invalid", "true");
    await userEvent.clear(text);
    await userEvent.click(text);
    await userEvent.paste('{"format": "flowforge/v1"}');
    await userEvent.click(screen.getByTestId("import-submit"));
    expect(await screen.findByTestId("import-issues")).toHaveTextContent("It is required. type");
    expect(text).toHaveValue('{"format": "flowforge/v1"}');
  });

  it("tells a reader why nothing can be made, and a failed list how to go on", async () => {
    let broken = true;
    show([makeSummary()], { mayEdit: false, routes: { "GET /api/workflows": () => (broken ? new FakeProblem(403, { detail: "You may not see Dags." }) : { workflows: [], total_entries: 0 }) } });
    expect(await screen.findByText("You may not see Dags.")).toBeInTheDocument();
    await waitFor(() => expect(screen.getByTestId("new-workflow")).toHaveAttribute("aria-disabled", "true"));
    await userEvent.click(screen.getByTestId("new-workflow"));
    expect(screen.queryByTestId("create-dialog")).toBeNull();
    broken = false;
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByTestId("list-empty")).toBeInTheDocument();
  });

  it("speaks Russian", async () => {
    show([makeSummary({ state: "published" })], { locale: "ru" });
    expect((await row("orders")).getByTestId("workflow-state-orders")).toHaveTextContent("Опубликован");
  });
});
