import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { renderEditor } from "../../testing/renderEditor";
import { parseSchema } from "../parseSchema";
import { TransformPreview } from "./TransformPreview";
import type { TrialAnswer } from "./trial";
import type { TransformTrial } from "./useTransformTrial";

const fields = parseSchema({
  type: "object",
  properties: {
    operations: {
      type: "array",
      items: {
        type: "object",
        properties: {
          operation: { enum: ["sort", "limit"], "x-option-labels": { sort: "Sort a list", limit: "Limit items" }, "x-option-labels-ru": { sort: "Отсортировать", limit: "Ограничить" } },
          count: { type: "integer" },
          skip: { type: "integer" },
        },
      },
    },
  },
});
const operations = [{ operation: "sort" }, { operation: "limit", count: 1 }];
const sorted = { count: 2, cut: false, value: ["a", "b"] };
const answer: TrialAnswer = {
  ok: true,
  input: { count: 2, cut: false, value: ["b", "a"] },
  steps: [sorted, { count: 1, cut: false, value: ["a"] }],
  error: null,
  notes: [],
};
const trial: TransformTrial = {
  answer,
  missing: null,
  offline: null,
  pending: false,
  stale: false,
  issues: [],
  scopeAt: () => null,
};

function show(patch: Partial<TransformTrial> = {}, locale = "en") {
  return renderEditor(<TransformPreview trial={{ ...trial, ...patch }} operations={operations} fields={fields} />, { locale });
}

describe("TransformPreview", () => {
  it("shows the last result, and the one after the operation that is chosen", async () => {
    const user = userEvent.setup();
    show();
    expect(screen.getByTestId("preview-count")).toHaveTextContent("1 item");
    await user.selectOptions(screen.getByTestId("preview-place"), "1. Sort a list");
    expect(screen.getByTestId("preview-count")).toHaveTextContent("2 items");
    await user.selectOptions(screen.getByTestId("preview-place"), "0");
    expect(screen.getByTestId("transform-preview")).toHaveTextContent("b");
  });

  it("names the operation that failed, and keeps the results before it", async () => {
    const user = userEvent.setup();
    const error = { code: "transform-failed", message: "It takes a list.", operation: 1, field: "", item: null };
    show({ answer: { ...answer, ok: false, steps: [sorted], error } });
    expect(screen.getByTestId("preview-fault")).toHaveTextContent("Operation 2: It takes a list.");
    expect(screen.queryByTestId("preview-count")).toBeNull();
    await user.selectOptions(screen.getByTestId("preview-place"), "1");
    expect(screen.getByTestId("preview-count")).toHaveTextContent("2 items");
  });

  it("asks for data when there are none", () => {
    show({ missing: "data" });
    expect(screen.getByRole("status")).toHaveTextContent("No data from the step before yet");
    expect(screen.queryByTestId("preview-count")).toBeNull();
  });

  it("says how much of a long list is shown, in Russian too", () => {
    show({ answer: { ...answer, steps: [sorted, { count: 500, cut: true, value: [1, 2] }] } }, "ru");
    expect(screen.getByTestId("preview-count")).toHaveTextContent("500 элементов Показаны первые 2.");
    expect(screen.getByRole("option", { name: "1. Отсортировать" })).toBeInTheDocument();
  });
});
