import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { JsonTree } from "./JsonTree";

const VALUE = { id: 7, lines: [{ sku: "a" }] };

describe("JsonTree", () => {
  it("is walked with the keyboard", async () => {
    const user = userEvent.setup();
    render(<JsonTree value={VALUE} rootPath={["trigger"]} label="Data" openDepth={1} />);
    screen.getByTestId("json-trigger.id").focus();
    await user.keyboard("{ArrowDown}");
    expect(screen.getByTestId("json-trigger.lines")).toHaveFocus();
    expect(screen.queryByTestId("json-trigger.lines[0]")).toBeNull();
    await user.keyboard("{ArrowRight}");
    expect(screen.getByTestId("json-trigger.lines[0]")).toBeInTheDocument();
    await user.keyboard("{ArrowRight}");
    expect(screen.getByTestId("json-trigger.lines[0]")).toHaveFocus();
    await user.keyboard("{ArrowLeft}");
    expect(screen.getByTestId("json-trigger.lines")).toHaveFocus();
  });

  it("hands out the path of a row", async () => {
    const user = userEvent.setup();
    const onPick = vi.fn();
    render(<JsonTree value={VALUE} rootPath={["trigger"]} label="Data" onPick={onPick} />);
    await user.click(screen.getByText("id"));
    expect(onPick).toHaveBeenCalledWith("trigger.id");
    expect(screen.getByTestId("json-trigger.id")).toHaveAttribute("draggable", "true");
  });

  it("copies paths and values", async () => {
    const user = userEvent.setup();
    render(<JsonTree value={VALUE} rootPath={["trigger"]} label="Data" />);
    // jsdom is no secure context, so the copy goes through a text area.
    const copied: string[] = [];
    document.execCommand = () => Boolean(copied.push(document.querySelector("textarea")?.value ?? ""));
    await user.click(screen.getByRole("button", { name: "Copy path trigger.id" }));
    await user.click(screen.getAllByRole("button", { name: "Copy value" })[0] as HTMLElement);
    expect(copied).toEqual(["trigger.id", "7"]);
  });

  it("says when there is nothing, or nothing that matches", () => {
    const { rerender } = render(<JsonTree value={{}} rootPath={[]} label="Data" />);
    expect(screen.getByText("An empty object: it has no fields.")).toBeInTheDocument();
    rerender(<JsonTree value={VALUE} rootPath={[]} label="Data" search="zzz" />);
    expect(screen.getByText("Nothing here matches “zzz”.")).toBeInTheDocument();
  });
});
