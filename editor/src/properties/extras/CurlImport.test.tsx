import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { useEditor } from "../../store/editorStore";
import { makeGraph, makeNode, makeWorkflow } from "../../testing/factories";
import { renderEditor } from "../../testing/renderEditor";
import { CurlImport } from "./CurlImport";

function show(locale = "en") {
  const node = makeNode("call", { parameters: { connection_id: "shop_api", text: "old", url: "https://old" } });
  useEditor.getState().close();
  useEditor.getState().setReadOnly(false);
  useEditor.getState().open(makeWorkflow(makeGraph([node])));
  return renderEditor(<CurlImport node={node} workflowId="orders" readOnly={false} />, { locale });
}

async function paste(text: string): Promise<void> {
  const user = userEvent.setup();
  await user.click(screen.getByTestId("import-curl"));
  await user.click(screen.getByRole("textbox"));
  await user.paste(text);
}

function parameters(): Record<string, unknown> {
  return useEditor.getState().graph?.nodes[0]?.parameters ?? {};
}

describe("CurlImport", () => {
  it("fills the form in, and keeps the connection alone", async () => {
    show();
    await paste("curl https://api.example.com/orders?page=2 -d a=1");
    expect(screen.getByRole("status")).toHaveTextContent("POST https://api.example.com/orders");
    await userEvent.click(screen.getByTestId("import-curl-apply"));
    expect(parameters()).toMatchObject({ connection_id: "shop_api", method: "POST", url: "https://api.example.com/orders", body_type: "form", form: [{ name: "a", value: "1" }] });
    expect(parameters()).not.toHaveProperty("text");
    expect(screen.queryByTestId("curl-left-out")).toBeNull();
  });

  it.each([
    ["en", "Authorization: a token. Put it into a connection"],
    ["ru", "Authorization: токен. Сохраните его в подключении"],
  ])("tells before and after what it leaves out (%s)", async (locale, told) => {
    show(locale);
    await paste("curl https://x.org -H 'Authorization: Bearer very-secret'");
    expect(screen.getByText(told, { exact: false })).toBeInTheDocument();
    await userEvent.click(screen.getByTestId("import-curl-apply"));
    expect(screen.getByTestId("curl-left-out")).toHaveTextContent(told);
    expect(JSON.stringify(parameters())).not.toContain("very-secret");
    await userEvent.click(screen.getByRole("button", { name: locale === "en" ? "Got it" : "Понятно" }));
    expect(screen.queryByTestId("curl-left-out")).toBeNull();
  });

  it("takes no other text", async () => {
    show();
    await paste("wget https://x.org");
    expect(screen.getByText("This is no curl command with an address.")).toBeInTheDocument();
    expect(screen.getByTestId("import-curl-apply")).toBeDisabled();
  });
});
