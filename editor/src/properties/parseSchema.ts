/** JSON Schema of a parameters model -> fields of a form. A new node type needs no change here. */
import { alternatives, isObject, resolveSchema, type Json, type JsonObject, type JsonSchema, type VisibleWhen } from "../schema/jsonSchema";
import { readCatalog } from "./conditions/model";
import type { FieldBase, FieldSpec, Group, NumberField, ObjectField, Option } from "./fieldSpec";

/**
 * Fields of the root object, in the order of `x-order`, then as written.
 *
 * :param defaults: values of fields whose default pydantic cannot write into the schema (default factories)
 */
export function parseSchema(root: JsonSchema, defaults: JsonObject = {}): FieldSpec[] {
  return parseObject(root, root, 0).map((field) =>
    field.defaultValue === undefined && Object.hasOwn(defaults, field.name) ? { ...field, defaultValue: defaults[field.name] } : field,
  );
}

function parseObject(schema: JsonSchema, root: JsonSchema, depth: number): FieldSpec[] {
  const required = new Set(schema.required ?? []);
  return translateGroups(
    Object.entries(schema.properties ?? {})
      .map(([name, property], index) => parseField(property, root, { name, required: required.has(name), index, depth: depth + 1 }))
      .sort((a, b) => a.order - b.order),
  );
}

/** A heading needs to be translated on one of its fields only. */
function translateGroups(fields: FieldSpec[]): FieldSpec[] {
  const groups = new Map<string, Group>();
  for (const { group } of fields) {
    if (group && (!groups.has(group.label) || group.labelRu !== group.label)) groups.set(group.label, group);
  }
  return fields.map((field) => (field.group ? { ...field, group: groups.get(field.group.label) ?? field.group } : field));
}

interface Place {
  name: string;
  required: boolean;
  index: number;
  /** Objects around this field. */
  depth?: number;
}

// A model may hold itself (a group of conditions in a group): deeper than this, people write JSON.
const MAX_DEPTH = 6;

// Fields without x-order come after those with one, in the order of the model.
const UNORDERED = 1000;

export function parseField(schema: JsonSchema, root: JsonSchema, place: Place): FieldSpec {
  const outer = resolveSchema(schema, root);
  const { variants, nullable } = alternatives(outer, root);
  const only = variants.length === 1 ? variants[0] : undefined;
  // Extras may stand on the field itself or on its one variant (`Templated[int] | None`).
  const merged: JsonSchema = only ? { ...only, ...withoutAlternatives(outer) } : outer;
  const base = parseBase(merged, variants, nullable, place);
  return (
    parseByWidget(merged, base, root) ??
    (only ? parseByType(merged, base, root, place.depth ?? 0) : parseUnion(variants, base)) ??
    {
      ...base,
      kind: "json",
      types: variants.flatMap((variant) => variant.type ?? []),
      widgetWhen: merged["x-widget-when"] ?? null,
      inline: merged["x-widget"] === "expression",
    }
  );
}

function withoutAlternatives(schema: JsonSchema): JsonSchema {
  const taken = new Set(["anyOf", "oneOf", ...(typeof schema.type === "string" ? [] : ["type"])]);
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !taken.has(key)));
}

function parseBase(schema: JsonSchema, variants: JsonSchema[], nullable: boolean, place: Place): FieldBase {
  const label = schema.title ?? humanize(place.name);
  const help = schema.description ?? "";
  return {
    name: place.name,
    label,
    labelRu: schema["x-label-ru"] ?? label,
    help,
    helpRu: schema["x-help-ru"] ?? help,
    placeholder: placeholder(schema.examples?.[0]),
    required: place.required,
    nullable,
    defaultValue: schema.default,
    order: schema["x-order"] ?? UNORDERED + place.index,
    visibleWhen: (schema["x-visible-when"] as VisibleWhen | undefined) ?? null,
    literal: schema["x-literal"] === true,
    advanced: schema["x-advanced"] === true,
    group: parseGroup(schema),
    generate: schema["x-generate"] ?? null,
    ownNames: [schema, ...variants].flatMap((one) => one["x-expression-names"] ?? []),
    expression: schema["x-expression"] === true || variants.some((variant) => variant["x-expression"] === true),
  };
}

function parseGroup(schema: JsonSchema): Group | null {
  const label = schema["x-group"];
  return label ? { label, labelRu: schema["x-group-ru"] ?? label } : null;
}

function parseByWidget(schema: JsonSchema, base: FieldBase, root: JsonSchema): FieldSpec | null {
  switch (schema["x-widget"]) {
    case "conditions": {
      const rows = schema.properties?.["conditions"];
      const row = isObject(rows?.items) ? resolveSchema(rows.items as JsonSchema, root) : {};
      return {
        ...base,
        kind: "conditions",
        catalog: readCatalog(schema["x-conditions"]),
        byField: row.properties?.["field"] !== undefined,
        withExpression: schema.properties?.["expression"] !== undefined,
      };
    }
    case "connection":
      return { ...base, kind: "connection", connTypes: schema["x-conn-types"] ?? [] };
    case "cron":
      return { ...base, kind: "cron" };
    case "timezone":
      return { ...base, kind: "timezone" };
    case "datetime":
      return { ...base, kind: "datetime" };
    case "suggestions":
      // A list of such texts is a list; its items are what is offered.
      if (schema.type === "array") return null;
      return { ...base, kind: "suggestions", route: schema["x-suggestions"] ?? "" };
    case "duration":
      return { ...base, kind: "duration", number: parseNumber(schema, base) };
    case "color":
      return { ...base, kind: "color", options: options(schema.enum ?? [], schema) };
    case "sql":
      return { ...base, kind: "code", language: "sql" };
    case "jq":
      return { ...base, kind: "code", language: "jq" };
    case "code":
      if (schema["x-language"] === "json" && schema.type !== "string") return null;
      return { ...base, kind: "code", language: codeLanguage(schema["x-language"]) };
    default:
      return null;
  }
}

function codeLanguage(language: string | undefined): "json" | "sql" | "jq" | "python" | "text" {
  return language === "json" || language === "sql" || language === "jq" || language === "python" ? language : "text";
}

function parseNumber(schema: JsonSchema, base: FieldBase): NumberField {
  return {
    ...base,
    kind: "number",
    integer: schema.type === "integer",
    minimum: schema.minimum ?? null,
    maximum: schema.maximum ?? null,
    exclusiveMinimum: schema.exclusiveMinimum ?? null,
    exclusiveMaximum: schema.exclusiveMaximum ?? null,
  };
}

function parseByType(schema: JsonSchema, base: FieldBase, root: JsonSchema, depth: number): FieldSpec | null {
  const values = schema.enum ?? (schema.const === undefined ? undefined : [schema.const]);
  if (values) return { ...base, kind: "select", options: options(values, schema) };
  switch (schema.type) {
    case "string":
      return {
        ...base,
        kind: schema["x-widget"] === "textarea" || schema["x-widget"] === "markdown" ? "textarea" : "text",
        minLength: schema.minLength ?? null,
        maxLength: schema.maxLength ?? null,
        pattern: schema.pattern ?? null,
        secret: schema.format === "password",
        markdown: schema["x-widget"] === "markdown",
      };
    case "integer":
    case "number":
      return parseNumber(schema, base);
    case "boolean":
      // A switch has no third place for "not set".
      return base.nullable ? { ...base, kind: "select", options: options([true, false], { "x-option-labels": YES_NO, "x-option-labels-ru": YES_NO_RU, ...schema }) } : { ...base, kind: "boolean" };
    case "array":
      return parseArray(schema, base, root, depth);
    case "object":
      return schema.properties && depth < MAX_DEPTH ? { ...base, kind: "object", fields: parseObject(schema, root, depth) } : null;
    default:
      return null;
  }
}

const YES_NO = { true: "Yes", false: "No" };
const YES_NO_RU = { true: "Да", false: "Нет" };

function parseArray(schema: JsonSchema, base: FieldBase, root: JsonSchema, depth: number): FieldSpec | null {
  if (!isObject(schema.items)) return null;
  const items = schema.items as JsonSchema;
  const offered: JsonSchema = schema["x-suggestions"] ? { ...items, "x-widget": "suggestions", "x-suggestions": schema["x-suggestions"] } : items;
  const item = parseField(offered, root, { name: "", required: true, index: 0, depth: depth + 1 });
  if (item.kind === "object") {
    const pair = nameAndValue(item);
    if (pair && (schema["x-widget"] === "key-value" || item.fields.length === 2)) {
      return { ...base, kind: "key-value", item, ...pair };
    }
    return { ...base, kind: "object-list", item, maxItems: schema.maxItems ?? null };
  }
  // Plain items of several types (2xx and 404) are typed as text and read back.
  const plain = ["text", "number", "select", "suggestions"].includes(item.kind) || (item.kind === "json" && item.types.length > 0 && item.types.every((type) => ["string", "integer", "number"].includes(type)));
  return plain ? { ...base, kind: "value-list", item, maxItems: schema.maxItems ?? null } : null;
}

function nameAndValue(item: ObjectField): { nameField: FieldSpec; valueField: FieldSpec } | null {
  const nameField = item.fields.find((field) => field.name === "name");
  const valueField = item.fields.find((field) => field.name === "value");
  return nameField && valueField ? { nameField, valueField } : null;
}

/** Several types: a choice when all are constants, text or number when the types allow only those. */
function parseUnion(variants: JsonSchema[], base: FieldBase): FieldSpec | null {
  if (variants.length > 0 && variants.every((variant) => variant.enum ?? variant.const !== undefined)) {
    const values = variants.flatMap((variant) => variant.enum ?? [variant.const ?? null]);
    return { ...base, kind: "select", options: options(values, {}) };
  }
  const types = new Set(variants.map((variant) => variant.type));
  if (types.size === 2 && types.has("integer") && types.has("number")) {
    return { ...base, kind: "number", integer: false, minimum: null, maximum: null, exclusiveMinimum: null, exclusiveMaximum: null };
  }
  return null;
}

function options(values: Json[], schema: JsonSchema): Option[] {
  const labels = schema["x-option-labels"] ?? {};
  const labelsRu = schema["x-option-labels-ru"] ?? {};
  return values.map((value) => {
    const key = String(value);
    const label = labels[key] ?? optionLabel(key);
    return { value, label, labelRu: labelsRu[key] ?? label };
  });
}

/** `header_token` -> "Header token"; words that are not slugs (GET, 2xx) stay as they are. */
function optionLabel(value: string): string {
  return /^[a-z][a-z0-9]*(?:_[a-z0-9]+)+$/.test(value) ? humanize(value) : value;
}

export function humanize(name: string): string {
  const words = name.replace(/_/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function placeholder(example: Json | undefined): string {
  if (example === undefined || example === null) return "";
  return typeof example === "string" ? example : JSON.stringify(example);
}
