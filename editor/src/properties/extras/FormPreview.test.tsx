import { screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { renderEditor } from "../../testing/renderEditor";
import { FormPreview } from "./FormPreview";
import { readableOn } from "./readableOn";

describe("FormPreview", () => {
  it("shows the draft's heading, brightness, colour and first fields", () => {
    const fields = ["email", "count", "size", "bill", "note"].map((name) => ({ name, label: name.toUpperCase(), required: name === "email" }));
    renderEditor(<FormPreview parameters={{ title: "Send us a bill", accent: "#facc15", color_mode: "dark", fields, language: "ru" }} />);
    const preview = screen.getByTestId("form-preview");
    expect(preview).toHaveTextContent("Send us a bill");
    expect(preview).toHaveTextContent("EMAIL *");
    expect(preview).toHaveTextContent("and 2 more fields");
    expect(preview.querySelector("[data-mode]")).toHaveAttribute("data-mode", "dark");
    expect(preview.querySelector<HTMLElement>("[data-mode]")?.style.getPropertyValue("--form-accent")).toBe("#facc15");
    // The visitor reads the form in its own language, not in the editor's.
    expect(screen.getByTestId("form-preview-button")).toHaveTextContent("Отправить");
  });

  it("keeps to a colour that can be drawn while one is typed", () => {
    renderEditor(<FormPreview parameters={{ title: "", accent: "#12" }} />);
    const page = screen.getByTestId("form-preview").querySelector<HTMLElement>("[data-mode]");
    expect(page?.style.getPropertyValue("--form-accent")).toBe("#2563eb");
    expect(page).toHaveTextContent("Without a heading");
  });

  it("writes on the button in what can be read", () => {
    expect(readableOn("#facc15")).toBe("#000000");
    expect(readableOn("#1f2937")).toBe("#ffffff");
  });
});
