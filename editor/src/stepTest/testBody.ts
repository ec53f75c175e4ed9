/** What the server is told of the data for a test. Pure. */
import type { PlanQuery, StepTestBody } from "../api/stepTests";
import { isObject } from "../schema/jsonSchema";
import type { DataSource } from "../store/stepTests";

export interface TestChoice {
  source: DataSource;
  usePins: boolean;
  /** The run that the panel shows; what "newest" means. */
  shownId: string | null;
  text: string;
  /** Place of the loop's item; null outside of loops. */
  item: number | null;
}

export interface Typed {
  data: Record<string, unknown> | null;
  /** Why the text is no data, or null. */
  fault: { kind: "json"; message: string } | { kind: "object" } | null;
}

const KEYS = new Set(["trigger", "steps", "item", "item_index"]);

/** Empty text gives nothing. */
export function readTyped(text: string): Typed {
  if (text.trim() === "") return { data: {}, fault: null };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { data: null, fault: { kind: "json", message: error instanceof Error ? error.message : String(error) } };
  }
  if (!isObject(value) || Object.keys(value).some((key) => !KEYS.has(key))) return { data: null, fault: { kind: "object" } };
  return { data: value, fault: null };
}

/** Null while a choice is not complete. */
export function testBody(choice: TestChoice): Partial<StepTestBody> | null {
  const query = planQuery(choice);
  if (query === null) return null;
  if (choice.source.kind !== "json") return query;
  const { data } = readTyped(choice.text);
  return data === null ? null : { ...query, ...(Object.keys(data).length > 0 && { data: data as NonNullable<StepTestBody["data"]> }) };
}

/** The same without typed data: what the server can tell beforehand. */
export function planQuery({ source, usePins, shownId, item }: TestChoice): PlanQuery | null {
  const shared: PlanQuery = { ...(!usePins && { use_pins: false }), ...(item !== null && item > 0 && { item_index: item }) };
  switch (source.kind) {
    case "newest":
      return shownId === null ? shared : { ...shared, execution_id: shownId };
    case "execution":
      return source.id === null ? null : { ...shared, execution_id: source.id };
    case "delivery":
      return source.id === null ? null : { ...shared, delivery_id: source.id };
    case "json":
    case "example":
      return shared;
  }
}
