import { describe, expect, it } from "vitest";
import { makeNodeType } from "../testing/factories";
import { groupNodeTypes, searchNodeTypes } from "./searchNodeTypes";

const TYPES = [
  makeNodeType({ type: "acme.scan", title: "Scan", group: "Acme" }),
  makeNodeType({ type: "if", title: "If", title_ru: "Если", group: "Logic", keywords: ["condition", "branch", "условие"] }),
  makeNodeType({ type: "email.send", title: "Send email", title_ru: "Отправить письмо", group: "Messages", keywords: ["mail", "почта"] }),
  makeNodeType({ type: "transform", title: "Transform", title_ru: "Преобразование", group: "Data" }),
  makeNodeType({ type: "http.request", title: "HTTP request", group: "Web" }),
  makeNodeType({ type: "cron", title: "Schedule", group: "Triggers", kind: "trigger" }),
];
const found = (query: string) => searchNodeTypes(TYPES, query).map((type) => type.type);
const groups = (hasTrigger: boolean) => groupNodeTypes(TYPES, hasTrigger).map(({ group }) => group);

describe("searchNodeTypes", () => {
  it("finds by titles, keywords and groups of both languages", () => {
    expect(found("почта")).toEqual(["email.send"]);
    expect(found("услов")).toEqual(["if"]);
    expect(found("сообщения")).toEqual(["email.send"]);
    expect(found("преобраз")).toEqual(["transform"]);
    expect(found("logic")).toEqual(["if"]);
  });

  it("puts what is called so and no more before what only begins so", () => {
    const types = [makeNodeType({ type: "email.receive", title: "Email received" }), makeNodeType({ type: "email.send", title: "Email" })];
    expect(searchNodeTypes(types, "email").map((type) => type.type)).toEqual(["email.send", "email.receive"]);
  });

  it("puts the better match first and needs every word", () => {
    expect(found("send")).toEqual(["email.send"]);
    expect(found("send if")).toEqual([]);
    expect(found("")).toHaveLength(TYPES.length);
  });
});

it("shows groups as people work, what starts a workflow last once there is one", () => {
  expect(groups(false)).toEqual(["Triggers", "Web", "Messages", "Data", "Logic", "Acme"]);
  expect(groups(true)).toEqual(["Web", "Messages", "Data", "Logic", "Acme", "Triggers"]);
});
