/** JSON values and the part of JSON Schema (draft 2020-12, as pydantic 2 writes it) that the editor reads. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** Values of sibling fields (`name`) and of fields around the object (`../name`) under which a field is shown: one value or any of a list. */
export type VisibleWhen = Record<string, Json | Json[]>;

export interface JsonSchema {
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  type?: string | string[];
  title?: string;
  description?: string;
  default?: Json;
  const?: Json;
  enum?: Json[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema | boolean;
  prefixItems?: JsonSchema[];
  additionalProperties?: JsonSchema | boolean;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  multipleOf?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  pattern?: string;
  format?: string;
  examples?: Json[];
  "x-widget"?: string;
  "x-language"?: string;
  "x-conn-types"?: string[];
  "x-order"?: number;
  "x-visible-when"?: VisibleWhen;
  /** Sibling field -> its value -> widget that edits this field then. */
  "x-widget-when"?: Record<string, Record<string, string>>;
  /** `{{` is ordinary text in this field. */
  "x-literal"?: boolean;
  /** Rarely needed: shown on request. */
  "x-advanced"?: boolean;
  /** Heading of the section that holds the field. */
  "x-group"?: string;
  "x-group-ru"?: string;
  /** Route that lists what the field offers; names in braces are other fields. */
  "x-suggestions"?: string;
  /** The field is an id that the form makes up for a new row of a list, with this beginning, and does not show. */
  "x-generate"?: string;
  "x-label-ru"?: string;
  "x-help-ru"?: string;
  "x-expression"?: boolean;
  "x-expression-names"?: string[];
  "x-option-labels"?: Record<string, string>;
  "x-option-labels-ru"?: Record<string, string>;
  [extra: string]: unknown;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const MAX_REF_DEPTH = 20;

/** Follow `$ref` and single-entry `allOf`; keys beside the reference (title, default, x-…) win. */
export function resolveSchema(schema: JsonSchema, root: JsonSchema): JsonSchema {
  let current = schema;
  for (let depth = 0; depth < MAX_REF_DEPTH; depth += 1) {
    if (current.$ref !== undefined) {
      const { $ref, ...beside } = current;
      current = { ...lookUp($ref, root), ...beside };
    } else if (current.allOf?.length === 1 && current.allOf[0]) {
      const { allOf, ...beside } = current;
      current = { ...allOf[0], ...beside };
    } else {
      return current;
    }
  }
  return {};
}

function lookUp(ref: string, root: JsonSchema): JsonSchema {
  if (!ref.startsWith("#/")) return {};
  let found: unknown = root;
  for (const part of ref.slice(2).split("/")) {
    const key = part.replace(/~1/g, "/").replace(/~0/g, "~");
    found = isObject(found) ? found[key] : undefined;
  }
  return isObject(found) ? (found as JsonSchema) : {};
}

export interface Alternatives {
  /** The alternatives other than null, resolved. */
  variants: JsonSchema[];
  nullable: boolean;
}

/** Take `anyOf`/`oneOf`/type lists apart; null is told apart because the form shows it as "empty". */
export function alternatives(schema: JsonSchema, root: JsonSchema): Alternatives {
  const resolved = resolveSchema(schema, root);
  const listed = resolved.anyOf ?? resolved.oneOf;
  if (listed) {
    const parts = listed.map((one) => alternatives(one, root));
    return {
      variants: parts.flatMap((part) => part.variants),
      nullable: parts.some((part) => part.nullable),
    };
  }
  if (Array.isArray(resolved.type)) {
    const types = resolved.type.filter((type) => type !== "null");
    return {
      variants: types.map((type) => ({ ...resolved, type })),
      nullable: types.length < resolved.type.length,
    };
  }
  if (resolved.type === "null") return { variants: [], nullable: true };
  return { variants: [resolved], nullable: false };
}

/** The schema of one member of an object or array schema, or null when the schema does not know it. */
export function memberSchema(schema: JsonSchema, key: string | number, root: JsonSchema): JsonSchema | null {
  for (const variant of alternatives(schema, root).variants) {
    if (typeof key === "number" || variant.type === "array") {
      const items = variant.prefixItems?.[Number(key)] ?? variant.items;
      if (isObject(items)) return resolveSchema(items as JsonSchema, root);
    }
    const property = variant.properties?.[String(key)];
    if (property) return resolveSchema(property, root);
    if (isObject(variant.additionalProperties)) {
      return resolveSchema(variant.additionalProperties as JsonSchema, root);
    }
  }
  return null;
}

/** Write the definitions of a schema in place, so that it can become a part of another one; recursion ends as "anything". */
export function inlineRefs(schema: JsonSchema, root: JsonSchema = schema, seen: readonly string[] = []): JsonSchema {
  const reference = schema.$ref;
  if (reference !== undefined) {
    if (seen.includes(reference)) return {};
    return inlineRefs(resolveSchema(schema, root), root, [...seen, reference]);
  }
  const inline = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(inline);
    return isObject(value) ? inlineRefs(value as JsonSchema, root, seen) : value;
  };
  return Object.fromEntries(Object.entries(schema).flatMap(([key, value]) => (key === "$defs" ? [] : [[key, inline(value)]])));
}
