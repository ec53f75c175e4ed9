/** What a transform is tried with, and what the answer means for the form. */
import type { components } from "../../../openapi-gen/schema";
import type { Scope } from "../../expressions/scope";
import type { Graph, GraphNode } from "../../graph/types";
import { isObject, type Json, type JsonSchema } from "../../schema/jsonSchema";
import type { FormIssue } from "../issueIndex";

export type TrialAnswer = components["schemas"]["TransformPreviewResponse"];
export type TrialSample = components["schemas"]["TransformSample"];

/** Names that the expressions of an operation see beside the usual ones, with what they mean. */
export const ROW_NAMES = [
  { name: "row", summary: "The item of the list that the operation works on, or the whole value." },
  { name: "row_index", summary: "Place of the row in the list, from 0." },
  { name: "value", summary: "All that the operation works on." },
] as const;

/** The output of the step before; undefined when there is none, several, or no data yet. */
export function inputOf(graph: Graph, node: GraphNode, scope: Scope, isTrigger: (type: string) => boolean): Json | undefined {
  const sources = [...new Set(graph.edges.filter((edge) => edge.target === node.id).map((edge) => edge.source))];
  const before = graph.nodes.find((one) => one.id === sources[0]);
  if (sources.length !== 1 || !before) return undefined;
  if (isTrigger(before.type)) return isObject(scope.data["trigger"]) ? scope.data["trigger"]["body"] : undefined;
  return isObject(scope.data["steps"]) ? scope.data["steps"][before.id] : undefined;
}

/** The fault as an issue of the field where it happened, so that the form shows it there. */
export function issueOf(answer: TrialAnswer | undefined, nodeId: string): FormIssue | null {
  const error = answer?.error;
  if (!error) return null;
  const place = error.operation === null ? ["parameters", error.field] : ["parameters", "operations", String(error.operation), error.field];
  const item = error.item === null ? "" : ` [${error.item}]`;
  return { code: error.code, message: `${error.message}${item}`, severity: "warning", node_id: nodeId, field: place.filter(Boolean).join(".") };
}

/** What the expressions of one operation see: the usual names, and a row of what the operation before hands on. */
export function scopeOf(scope: Scope, before: TrialSample | null): Scope {
  const value = (before && !(before.cut && before.count === null) ? before.value : undefined) as Json | undefined;
  const row = Array.isArray(value) ? value[0] : value;
  const schema: JsonSchema = { ...scope.schema, properties: { ...scope.schema.properties, row: {}, row_index: { type: "integer" }, value: {} } };
  if (value === undefined || row === undefined) return { data: scope.data, schema };
  return { data: { ...scope.data, row, row_index: 0, value }, schema };
}

/** What the operation with this index gets. */
export function sampleBefore(answer: TrialAnswer | undefined, index: number): TrialSample | null {
  if (!answer) return null;
  return (index === 0 ? answer.input : answer.steps[index - 1]) ?? null;
}
