/** What the server sends, for tests: a test names only what it is about. */
import type { Issue, NodeType, Session, WorkflowDetail, WorkflowSummary } from "../api/types";
import type { Graph, GraphEdge, GraphNode } from "../graph/types";

const AT = "2026-01-01T00:00:00Z";

export function makeNodeType(patch: Partial<NodeType> & { type: string }): NodeType {
  return {
    title: patch.type,
    title_ru: "",
    summary: "",
    summary_ru: "",
    subtitle: "",
    help: "",
    help_ru: "",
    group: "data",
    icon: "braces",
    keywords: [],
    kind: "action",
    version: 1,
    ports: [
      { id: "success", label: "success", description: "", description_ru: "" },
      { id: "error", label: "error", description: "", description_ru: "" },
    ],
    ports_from: null,
    parameters_schema: { type: "object", properties: {} },
    output_schema: {},
    default_parameters: {},
    default_retry: { retries: 0, delay_s: 0, backoff: false, max_delay_s: null },
    example: {},
    ...patch,
  } as NodeType;
}

export const MANUAL = makeNodeType({ type: "manual", title: "Manual", kind: "trigger", group: "triggers", ports: [{ id: "success", label: "success", description: "", description_ru: "" }] });
export const HTTP = makeNodeType({ type: "http.request", title: "HTTP request", title_ru: "HTTP-запрос", default_parameters: { method: "GET" } });

export function makeNode(id: string, patch: Partial<GraphNode> = {}): GraphNode {
  return { id, type: HTTP.type, type_version: 1, name: id, parameters: {}, position: { x: 0, y: 0 }, retry: null, timeout_s: null, notes: "", ...patch };
}

/** Edges are written "a->b", or "a.error->b". */
export function makeEdge(text: string): GraphEdge {
  const [, source = "", port = "success", target = ""] = /^(\w+)(?:\.(\w+))?->(\w+)$/.exec(text) ?? [];
  return { source, source_port: port, target };
}

export function makeGraph(nodes: GraphNode[], edges: string[] = []): Graph {
  return {
    format: "flowforge/v1",
    id: "orders",
    name: "Orders",
    settings: { description: "", timezone: "UTC", max_active_runs: 16, priority: 0, tags: [], variables: {}, redact: [], keep_days: null },
    nodes,
    edges: edges.map(makeEdge),
  };
}

export function makeSummary(patch: Partial<WorkflowSummary> = {}): WorkflowSummary {
  return {
    id: "orders",
    name: "Orders",
    description: "",
    tags: [],
    state: "draft",
    version: 1,
    issue_count: 0,
    last_run: null,
    next_run_at: null,
    node_types: [],
    trigger_type: "manual",
    trigger_types: ["manual"],
    schedule_active: true,
    published_at: null,
    published_revision: null,
    published_seq: null,
    created_at: AT,
    created_by: "ann",
    updated_at: AT,
    updated_by: "ann",
    ...patch,
  };
}

export function makeWorkflow(graph: Graph, patch: Partial<WorkflowDetail> = {}): WorkflowDetail {
  return { ...makeSummary(), name: graph.name, graph: graph as unknown as WorkflowDetail["graph"], issues: [], runnable: false, ...patch };
}

export function makeIssue(patch: Partial<Issue> = {}): Issue {
  return { code: "missing-parameter", message: 'Node "a": "URL" is missing. Give it a value.', severity: "error", node_id: null, edge_id: null, field: null, ...patch };
}

export function makeSession(permissions: Partial<Session["permissions"]> = {}): Session {
  return {
    airflow_base_url: "http://test",
    webhook_base_url: "http://test",
    dev: false,
    version: "0",
    problems: [],
    queue_pause: null,
    user: { id: "ann", name: "Ann" },
    permissions: { read: true, edit: true, publish: true, run: true, answer: true, operate: true, delete: true, ...permissions },
  } as Session;
}
