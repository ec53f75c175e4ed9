import { Suspense, useEffect, useMemo, useRef } from "react";
import type { NodeType } from "../api/types";
import type { Scope } from "../expressions/scope";
import type { Graph, GraphNode } from "../graph/types";
import { useMessages } from "../i18n/useMessages";
import type { Json, JsonObject, JsonSchema } from "../schema/jsonSchema";
import { fieldPath, setIn, type Path } from "../schema/paths";
import { useEditor } from "../store/editorStore";
import { extrasOf } from "./extras/registry";
import { Fields } from "./Fields";
import { FormProvider, type FormContextValue } from "./formContext";
import { issuesElsewhere, type FormIssue } from "./issueIndex";
import { propertiesMessages } from "./messages";
import { parseSchema } from "./parseSchema";
import styles from "./properties.module.css";
import { useLanguage } from "./queries";
import { TransformPreview } from "./transform/TransformPreview";
import { useTransformTrial } from "./transform/useTransformTrial";
import { RowIssues } from "./widgets/RowIssues";

export interface ParametersFormProps {
  graph: Graph;
  node: GraphNode;
  nodeType: NodeType;
  scope: Scope;
  readOnly: boolean;
}

/** The form of a node's parameters, made from the JSON Schema of its type. */
export function ParametersForm({ graph, node, nodeType, scope, readOnly }: ParametersFormProps) {
  const t = useMessages(propertiesMessages);
  const language = useLanguage();
  const allIssues = useEditor((state) => state.issues);
  const trial = useTransformTrial(node.type === "transform", { graph, node, scope, language });
  const issues = useMemo(() => withTrial(allIssues.filter((issue) => issue.node_id === node.id), trial.issues), [allIssues, node.id, trial.issues]);
  const fields = useMemo(() => parseSchema(nodeType.parameters_schema as JsonSchema, nodeType.default_parameters as JsonObject), [nodeType]);
  const latest = useRef({ scope, language });
  useEffect(() => {
    latest.current = { scope, language };
  });
  const source = useMemo(() => ({ scope: () => latest.current.scope, language: () => latest.current.language }), []);

  const form = useMemo<FormContextValue>(
    () => ({
      formId: `${graph.id}/${node.id}`,
      workflowId: graph.id,
      workflowTimezone: graph.settings.timezone,
      issues,
      scope,
      source,
      readOnly,
      scopeAt: trial.scopeAt,
      setAt: (path: Path, value: Json | undefined) => setParameter(node.id, path, value, nodeType.default_parameters as JsonObject),
    }),
    [graph.id, graph.settings.timezone, node.id, nodeType, issues, scope, source, readOnly, trial.scopeAt],
  );

  const elsewhere = issuesElsewhere(issues, [...fields.map((field) => ["parameters", field.name]), ["name"], ["retry"], ["timeout_s"], ["notes"]]);
  const Extras = extrasOf(node.type);
  return (
    <FormProvider value={form}>
      <div className={styles.fields}>
        {elsewhere.length > 0 && (
          <div className={styles.otherIssues} role="status">
            <RowIssues issues={elsewhere} />
          </div>
        )}
        {Extras && (
          <Suspense fallback={null}>
            <Extras node={node} workflowId={graph.id} readOnly={readOnly} />
          </Suspense>
        )}
        {fields.length === 0 && <p className={styles.notice}>{t("noParameters")}</p>}
        <Fields fields={fields} values={node.parameters as JsonObject} path={["parameters"]} />
        {node.type === "transform" && <TransformPreview trial={trial} operations={operationsOf(node)} fields={fields} />}
      </div>
    </FormProvider>
  );
}

/** What the trial has found, unless the check of the whole graph says something about the same field. */
function withTrial(issues: readonly FormIssue[], found: readonly FormIssue[]): readonly FormIssue[] {
  const fresh = found.filter((issue) => !issues.some((one) => one.field === issue.field));
  return fresh.length > 0 ? [...issues, ...fresh] : issues;
}

function operationsOf(node: GraphNode): readonly Json[] {
  const operations = (node.parameters as JsonObject)["operations"];
  return Array.isArray(operations) ? operations : [];
}

/**
 * Write one value into the newest parameters; key strokes in one field join into one step of undo.
 *
 * A part of a parameter that was never set goes into a copy of its default, which would lose its other parts else.
 */
function setParameter(nodeId: string, path: Path, value: Json | undefined, defaults: JsonObject): void {
  const editor = useEditor.getState();
  const node = editor.graph?.nodes.find((one) => one.id === nodeId);
  if (!node) return;
  const parameters = node.parameters as JsonObject;
  const name = String(path[1]);
  const start = path.length > 2 && parameters[name] === undefined && defaults[name] !== undefined ? { ...parameters, [name]: defaults[name] } : parameters;
  const next = setIn({ parameters: start }, path, value) as { parameters: Record<string, unknown> };
  editor.setParameters(nodeId, next.parameters, `parameters:${nodeId}:${fieldPath(path)}`);
}
