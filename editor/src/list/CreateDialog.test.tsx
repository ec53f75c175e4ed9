import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Template } from "../api/types";
import { routeStore } from "../island/route";
import { FakeProblem, fakeServer, type FakeRoute } from "../testing/fakeServer";
import { makeGraph, makeNodeType, makeWorkflow, MANUAL } from "../testing/factories";
import { renderEditor } from "../testing/renderEditor";
import { CreateDialog } from "./CreateDialog";

const navigate = vi.fn();
const onClose = vi.fn();

const INTAKE: Template = {
  id: "order_intake",
  kind: "template",
  name: "Order intake",
  name_ru: "Приём заказов",
  description: "Takes an order and stores it.",
  description_ru: "Принимает заказ и сохраняет его.",
  tags: ["template"],
  node_types: ["webhook", "postgres.query"],
  connections: [{ connection_id: "orders_db", conn_types: ["postgres"] }],
};
const WAIT: Template = { ...INTAKE, id: "wait", kind: "example", name: "Wait", name_ru: "Ожидание", description: "Waits a little.", description_ru: "Немного ждёт.", tags: ["example"], node_types: ["manual", "wait"], connections: [] };
const GRAPH = { ...makeGraph([]), settings: { ...makeGraph([]).settings, tags: ["example", "shop"], timezone: "UTC" } };

function show(routes: Record<string, FakeRoute> = {}, locale = "en") {
  const server = fakeServer({
    "GET /api/templates": () => ({ templates: [INTAKE, WAIT], total_entries: 2 }),
    "GET /api/templates/order_intake": () => ({ ...INTAKE, graph: GRAPH }),
    "GET /api/node-types": () => ({ node_types: [MANUAL, makeNodeType({ type: "postgres.query", title: "PostgreSQL", title_ru: "PostgreSQL", keywords: ["sql", "база"] })], total_entries: 2 }),
    "POST /api/workflows": ({ body }) => makeWorkflow(makeGraph([]), { id: "made", name: (body as { name: string }).name }),
    ...routes,
  });
  renderEditor(<CreateDialog onClose={onClose} />, { locale });
  return server;
}

const sent = (server: ReturnType<typeof show>) => server.requests[server.calls.indexOf("POST /api/workflows")]?.body as { name: string; graph: { settings: { tags: string[]; timezone: string } } };

beforeEach(() => {
  navigate.mockClear();
  onClose.mockClear();
  routeStore.setState({ navigate, pageRoute: "/plugin/flowforge" });
});

describe("CreateDialog", { timeout: 20_000 }, () => {
  it("shows whole tasks before single steps, with their steps and what they need", async () => {
    show();
    const card = await screen.findByTestId("create-example-order_intake");
    expect(within(card).getByRole("img", { name: "webhook → PostgreSQL", hidden: true })).toBeInTheDocument();
    expect(card).toHaveTextContent("Takes an order and stores it.");
    expect(card).toHaveTextContent("Needs orders_db");
    const order = screen.getAllByRole("radio", { hidden: true }).map((one) => (one as HTMLInputElement).value);
    expect(order).toEqual(["quick:blank", "quick:webhook", "quick:database", "quick:schedule", "example:order_intake", "example:wait"]);
  });

  it("makes a workflow of a template, named as the template when no name is given", async () => {
    const server = show();
    await userEvent.click(await screen.findByTestId("create-example-order_intake"));
    expect(screen.getByTestId("create-name")).toHaveAttribute("placeholder", "Order intake");
    await userEvent.click(screen.getByTestId("create-submit"));
    await waitFor(() => expect(navigate).toHaveBeenCalledWith("/workflows/made", undefined));
    expect(sent(server).name).toBe("Order intake");
    expect(sent(server).graph.settings.tags).toEqual(["shop"]);
    expect(sent(server).graph.settings.timezone).toBe(Intl.DateTimeFormat().resolvedOptions().timeZone);
    expect(onClose).toHaveBeenCalled();
  });

  it("takes the name that a person gives, by the keyboard alone", async () => {
    const server = show();
    await screen.findByTestId("create-example-wait");
    expect(screen.getByTestId("create-name")).toHaveFocus();
    await userEvent.keyboard("Mine");
    await userEvent.click(screen.getByTestId("create-example-order_intake"));
    await userEvent.type(screen.getByTestId("create-name"), " too{Enter}");
    await waitFor(() => expect(sent(server).name).toBe("Mine too"));
  });

  it("finds by name, by the language and by kinds of steps; Enter in the search creates nothing", async () => {
    const server = show({}, "ru");
    await screen.findByTestId("create-example-wait");
    const search = screen.getByTestId("create-search");
    await userEvent.type(search, "база{Enter}");
    expect(screen.getByTestId("create-example-order_intake")).toHaveTextContent("Приём заказов");
    expect(screen.queryByTestId("create-example-wait")).toBeNull();
    await userEvent.clear(search);
    await userEvent.type(search, "ждёт");
    expect(screen.getByTestId("create-example-wait")).toBeInTheDocument();
    expect(screen.queryByTestId("create-template-blank")).toBeNull();
    await userEvent.clear(search);
    await userEvent.type(search, "zzz");
    expect(screen.getByText("Нет шаблонов по запросу «zzz».")).toBeInTheDocument();
    expect(server.calls).not.toContain("POST /api/workflows");
  });

  it("still makes an empty one when the templates cannot be read", async () => {
    const server = show({ "GET /api/templates": () => new FakeProblem(500, { detail: "It is broken." }) });
    expect(await screen.findByText("The templates cannot be read: It is broken.")).toBeInTheDocument();
    await userEvent.type(screen.getByTestId("create-name"), "Mine{Enter}");
    await waitFor(() => expect(sent(server).name).toBe("Mine"));
  });
});
