import { screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { makeNodeType } from "../testing/factories";
import { renderEditor } from "../testing/renderEditor";
import { NodeHelp } from "./NodeHelp";

const TYPE = makeNodeType({
  type: "http.request",
  help: "Read `steps.<id>.body`.",
  help_ru: "Читайте `steps.<id>.body`.",
  ports: [
    { id: "success", label: "success", description: "It worked.", description_ru: "Получилось." },
    { id: "error", label: "error", description: "It failed.", description_ru: "Не получилось." },
  ],
});

it.each([
  ["en", /^Read/, "It failed."],
  ["ru", /^Читайте/, "Не получилось."],
])("tells in the reader's language (%s) what a node does", (locale, help, port) => {
  renderEditor(<NodeHelp nodeType={TYPE} nodeId="get_product" />, { locale });
  expect(screen.getByText(help)).toBeInTheDocument();
  expect(screen.getByText(port)).toBeInTheDocument();
  expect(screen.getByText("steps.get_product.body")).toBeInTheDocument();
});
