/** The second line of a node on the canvas: what it does, from its parameters. */
import type { NodeType } from "../api/types";

interface PropertySchema {
  type?: unknown;
  enum?: unknown;
  title?: unknown;
  "x-order"?: unknown;
  "x-advanced"?: unknown;
  "x-widget"?: unknown;
}

/** A node type may bring a template such as "{method} {url}"; otherwise its first filled texts are shown. */
export function nodeSummary(type: NodeType, parameters: Record<string, unknown>): string {
  const template = (type as NodeType & { subtitle?: string }).subtitle;
  if (template) return tidy(fillTemplate(template, { ...type.default_parameters, ...parameters }));
  return tidy(firstTexts({ ...type.default_parameters, ...parameters }, type).join(" "));
}

function fillTemplate(template: string, parameters: Record<string, unknown>): string {
  return template.replace(/\{(\w+)\}/g, (_all, name: string) => plainText(parameters[name]));
}

function plainText(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return value.map(itemText).filter(Boolean).join(", ");
  return "";
}

function itemText(item: unknown): string {
  if (item && typeof item === "object" && "operation" in item) return plainText(item.operation).replaceAll("_", " ");
  if (item && typeof item === "object" && "name" in item) return plainText(item.name);
  return plainText(item);
}

function firstTexts(parameters: Record<string, unknown>, type: NodeType): string[] {
  const properties = (type.parameters_schema["properties"] ?? {}) as Record<string, PropertySchema>;
  const order = (name: string) => (typeof properties[name]?.["x-order"] === "number" ? properties[name]["x-order"] : 1000);
  return Object.keys(properties)
    .filter((name) => !properties[name]?.["x-advanced"] && typeof parameters[name] === "string" && parameters[name] !== "")
    .sort((one, other) => order(one) - order(other))
    .slice(0, 2)
    .map((name) => String(parameters[name]));
}

/** One line; whole expressions shrink to their last words, so that the address around them stays readable. */
function tidy(text: string): string {
  return text
    .replace(/\{\{-?\s*([\s\S]*?)\s*-?\}\}/g, (_all, inner: string) => `{{${shorten(inner)}}}`)
    .replace(/\s+/g, " ")
    .trim();
}

function shorten(expression: string): string {
  const plain = /^[\w.]+$/.test(expression);
  const last = expression.split(".").at(-1) ?? "";
  return plain && last ? last : "…";
}
