import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef } from "react";
import { api, unwrap } from "../../api/client";
import type { Language } from "../../expressions/complete";
import type { ExpressionSource } from "../../expressions/expressionExtensions";
import { pruneData, type Scope } from "../../expressions/scope";
import type { Graph, GraphNode } from "../../graph/types";
import type { Json, JsonObject } from "../../schema/jsonSchema";
import type { Path } from "../../schema/paths";
import { useEditor } from "../../store/editorStore";
import type { FormIssue } from "../issueIndex";
import { useSettled } from "../useExpressionPreview";
import { inputOf, issueOf, ROW_NAMES, sampleBefore, scopeOf, type TrialAnswer } from "./trial";

const DELAY_MS = 500;
const NO_ISSUES: readonly FormIssue[] = [];

export interface TransformTrial {
  answer: TrialAnswer | undefined;
  /** Why there is no answer: the step before has no data, or the server cannot be reached. */
  missing: "data" | null;
  offline: string | null;
  pending: boolean;
  stale: boolean;
  issues: readonly FormIssue[];
  /** What the fields at a path see; null where they see what all fields do. */
  scopeAt: (path: Path) => { scope: Scope; source: ExpressionSource } | null;
}

/** Take the sample data through the operations of a transform whenever the form has been still for a while. */
export function useTransformTrial(enabled: boolean, { graph, node, scope, language }: { graph: Graph; node: GraphNode; scope: Scope; language: Language }): TransformTrial {
  const nodeTypes = useEditor((state) => state.nodeTypes);
  const parameters = node.parameters as JsonObject;
  const given = enabled ? inputOf(graph, node, scope, (type) => nodeTypes.get(type)?.kind === "trigger") : undefined;
  const ownInput = parameters["input"] !== undefined && parameters["input"] !== null && parameters["input"] !== "";
  const operations = Array.isArray(parameters["operations"]) ? parameters["operations"] : [];
  const missing = enabled && !ownInput && given === undefined ? "data" : null;
  const body = useMemo(() => ({ parameters, data: pruneData(scope.data, [parameters, "{{ workflow }}"]), input: (ownInput ? null : (given ?? null)) as Json }), [parameters, scope.data, ownInput, given]);
  const settled = useSettled(body, DELAY_MS);
  const query = useQuery({
    queryKey: ["transform-trial", settled],
    enabled: enabled && operations.length > 0,
    queryFn: async ({ signal }) => unwrap(await api.POST("/api/preview/transform", { signal, body: settled })) as TrialAnswer,
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 60_000,
    retry: false,
  });
  const answer = enabled && operations.length > 0 && !query.isError ? query.data : undefined;
  const stale = query.isPlaceholderData || settled !== body;
  const fault = missing === null && !stale ? issueOf(answer, node.id) : null;
  const issues = useMemo(() => (fault ? [fault] : NO_ISSUES), [fault?.field, fault?.message]); // eslint-disable-line react-hooks/exhaustive-deps -- the object is new at each drawing

  const latest = useRef<Language>(language);
  useEffect(() => {
    latest.current = language;
  });
  const count = operations.length;
  const scopes = useMemo(
    () =>
      Array.from({ length: enabled ? count : 0 }, (_none, index) => {
        const own = scopeOf(scope, sampleBefore(answer, index));
        const source: ExpressionSource = { scope: () => own, language: () => ({ ...latest.current, names: [...latest.current.names, ...ROW_NAMES] }) };
        return { scope: own, source };
      }),
    [enabled, count, scope, answer],
  );
  const scopeAt = useMemo(() => (path: Path) => (path.length === 3 && path[1] === "operations" ? (scopes[Number(path[2])] ?? null) : null), [scopes]);
  return { answer, missing, offline: query.isError ? query.error.message : null, pending: query.isPending && query.isFetching, stale, issues, scopeAt };
}
