/** The document as the server sends it may leave out what has a default; the editor works on whole ones. */
import type { components } from "../../openapi-gen/schema";
import type { Graph } from "./types";

export function normalizeGraph(graph: components["schemas"]["Graph"]): Graph {
  return {
    format: graph.format,
    id: graph.id,
    name: graph.name,
    settings: {
      description: graph.settings?.description ?? "",
      timezone: graph.settings?.timezone ?? "UTC",
      max_active_runs: graph.settings?.max_active_runs ?? 16,
      priority: graph.settings?.priority ?? 0,
      tags: graph.settings?.tags ?? [],
      variables: graph.settings?.variables ?? {},
      redact: graph.settings?.redact ?? [],
      keep_days: graph.settings?.keep_days ?? null,
    },
    nodes: (graph.nodes ?? []).map((node) => ({
      id: node.id,
      type: node.type,
      type_version: node.type_version ?? 1,
      name: node.name ?? "",
      parameters: node.parameters ?? {},
      position: { x: node.position?.x ?? 0, y: node.position?.y ?? 0 },
      retry: node.retry
        ? { ...node.retry, max_delay_s: node.retry.max_delay_s ?? null, retry_on: node.retry.retry_on ?? null, never_on: node.retry.never_on ?? null }
        : null,
      timeout_s: node.timeout_s ?? null,
      notes: node.notes ?? "",
      ...(node.pinned ? { pinned: { output: node.pinned.output, execution_id: node.pinned.execution_id ?? null } } : {}),
    })),
    edges: (graph.edges ?? []).map((edge) => ({ source: edge.source, source_port: edge.source_port ?? "success", target: edge.target })),
  };
}
