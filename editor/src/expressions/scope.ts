/** What an expression can see: real data where there is some, schemas where there is none yet. */
import { alternatives, isObject, memberSchema, type Json, type JsonObject, type JsonSchema } from "../schema/jsonSchema";
import { getIn, type Path } from "../schema/paths";

export interface Scope {
  /** Data as the server would render with: {trigger, steps, run, workflow, vars}. */
  data: JsonObject;
  /** Schema of the same object; tells of fields that no run has shown yet. */
  schema: JsonSchema;
}

export interface Member {
  key: string | number;
  /** JSON type, or "any" when unknown. */
  type: string;
  /** The value, when a run or a sample has one. */
  value?: Json;
  description?: string;
}

export const EMPTY_SCOPE: Scope = { data: {}, schema: { type: "object" } };

export function jsonType(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

/** Members of what `path` leads to, data first and then what only the schema knows. */
export function membersAt(scope: Scope, path: Path): Member[] {
  const value = getIn(scope.data, path);
  const schema = schemaAt(scope.schema, path);
  const members = new Map<string | number, Member>();
  if (isObject(value)) {
    for (const [key, member] of Object.entries(value)) {
      members.set(key, { key, type: jsonType(member), value: member });
    }
  } else if (Array.isArray(value)) {
    value.slice(0, 3).forEach((member, index) => {
      members.set(index, { key: index, type: jsonType(member), value: member });
    });
  }
  for (const variant of schema ? alternatives(schema, scope.schema).variants : []) {
    if (!Array.isArray(value) && isObject(variant.items)) {
      // No run has shown the list yet, but its first item can be written all the same.
      const item = memberSchema(variant, 0, scope.schema) ?? {};
      members.set(0, { key: 0, type: schemaType(item, scope.schema), ...(item.description ? { description: item.description } : {}) });
    }
    for (const [key, property] of Object.entries(variant.properties ?? {})) {
      const known = members.get(key);
      const described = memberSchema(variant, key, scope.schema) ?? property;
      if (known) {
        if (described.description) known.description = described.description;
      } else {
        members.set(key, {
          key,
          type: schemaType(described, scope.schema),
          ...(described.description ? { description: described.description } : {}),
        });
      }
    }
  }
  return [...members.values()];
}

function schemaAt(root: JsonSchema, path: Path): JsonSchema | null {
  let schema: JsonSchema | null = root;
  for (const key of path) {
    if (!schema) return null;
    schema = memberSchema(schema, key, root);
  }
  return schema;
}

function schemaType(schema: JsonSchema, root: JsonSchema): string {
  const { variants } = alternatives(schema, root);
  const types = new Set(variants.map((variant) => (typeof variant.type === "string" ? variant.type : "any")));
  return types.size === 1 ? ([...types][0] ?? "any") : "any";
}

/** Keep only the parts of the data that a template names, so that previews do not send a whole run each. */
export function pruneData(data: JsonObject, template: unknown): JsonObject {
  const text = typeof template === "string" ? template : JSON.stringify(template ?? null);
  const kept: JsonObject = {};
  for (const [name, value] of Object.entries(data)) {
    if (!new RegExp(`\\b${name}\\b`).test(text)) continue;
    if (name === "steps" && isObject(value)) {
      // `steps` alone, or with a computed key, can reach every step.
      const dynamic = /\bsteps\b(?!\s*(?:\.|\[\s*\\?["']))/.test(text);
      kept[name] = Object.fromEntries(
        Object.entries(value).filter(([step]) => dynamic || new RegExp(`\\b${step}\\b`).test(text)),
      );
    } else {
      kept[name] = value;
    }
  }
  return kept;
}

/** Steps that the template names, that can be read there, and that have no data yet. */
export function stepsWithoutData(scope: Scope, template: unknown): string[] {
  const text = typeof template === "string" ? template : JSON.stringify(template ?? null);
  const known = Object.keys(scope.schema.properties?.["steps"]?.properties ?? {});
  const data = scope.data["steps"];
  return known.filter((step) => !(isObject(data) && step in data) && new RegExp(`\\bsteps\\s*(?:\\.\\s*|\\[\\s*\\\\?["'])${step}\\b`).test(text));
}
