/** Paths into JSON values, and the same paths as text. */
import { isObject, type Json } from "./jsonSchema";

export type Path = readonly (string | number)[];

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Words of the expression language that cannot follow a dot or stand as a name. */
const RESERVED = new Set(["and", "or", "not", "in", "is", "if", "else", "true", "false", "none"]);

export function getIn(value: unknown, path: Path): Json | undefined {
  let found: unknown = value;
  for (const key of path) {
    if (Array.isArray(found)) found = found[Number(key)];
    else if (isObject(found) && Object.hasOwn(found, String(key))) found = found[String(key)];
    else return undefined;
  }
  return found as Json | undefined;
}

/** Return a copy with the value at `path` replaced; `undefined` removes the key. */
export function setIn(value: Json | undefined, path: Path, next: Json | undefined): Json {
  const [key, ...rest] = path;
  if (key === undefined) return next ?? null;
  if (Array.isArray(value) || (value === undefined && typeof key === "number")) {
    const list = [...((value as Json[] | undefined) ?? [])];
    const index = Number(key);
    if (rest.length === 0 && next === undefined) list.splice(index, 1);
    else list[index] = setIn(list[index], rest, next);
    return list;
  }
  const object = isObject(value) ? value : {};
  const name = String(key);
  if (rest.length === 0 && next === undefined) return Object.fromEntries(Object.entries(object).filter(([one]) => one !== name));
  return { ...object, [name]: setIn(object[name], rest, next) };
}

/** `["parameters", "headers", 0]` -> `parameters.headers.0`, as issues name fields. */
export function fieldPath(path: Path): string {
  return path.join(".");
}

/** A path as an expression reads it: `steps.get_product.body["unit price"][0]`. */
export function expressionPath(path: Path): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    if (IDENTIFIER.test(key) && !(text === "" && RESERVED.has(key))) return text === "" ? key : `${text}.${key}`;
    return `${text}[${JSON.stringify(key)}]`;
  }, "");
}

export function isIdentifier(key: string): boolean {
  return IDENTIFIER.test(key);
}
