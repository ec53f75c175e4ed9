import type { NodeType } from "../api/types";
import { loopOf } from "../graph/loops";
import type { Graph, GraphNode } from "../graph/types";
import { useLocale, useMessages } from "../i18n/useMessages";
import { usePermissions } from "../session/usePermissions";
import { useEditor } from "../store/editorStore";
import { beginTest, NEWEST, stopTest, testKey, useStepTests, type TestRun } from "../store/stepTests";
import { stepTestMessages } from "./messages";
import { testBody, type TestChoice } from "./testBody";
import { usePause } from "./usePause";
import { isEnded, useTestResult } from "./useTestResult";

export interface StepTestState {
  workflowId: string;
  nodeId: string;
  choice: TestChoice;
  run: TestRun | null;
  result: ReturnType<typeof useTestResult>;
  /** It is being started, waits or runs. */
  underWay: boolean;
  /** Why no test can be begun now; null when one can. */
  refusal: string | null;
  begin: () => void;
  stop: () => Promise<void>;
}

/** The test of a node: what it would see, whether it may begin, and what became of it. */
export function useStepTest(graph: Graph, node: GraphNode, nodeType: NodeType | undefined, shownId: string | null, readOnly: boolean): StepTestState {
  const t = useMessages(stepTestMessages);
  const russian = useLocale().startsWith("ru");
  const workflowId = graph.id;
  const key = testKey(workflowId, node.id);
  const run = useStepTests((state) => state.runs[key]) ?? null;
  const source = useStepTests((state) => state.sources[workflowId]) ?? NEWEST;
  const usePins = useStepTests((state) => state.usePins[workflowId]) ?? true;
  const text = useStepTests((state) => state.texts[key]) ?? "";
  const item = useStepTests((state) => state.items[key]) ?? 0;
  const conflict = useEditor((state) => state.saveState === "conflict");
  const may = usePermissions(workflowId);
  const pause = usePause(null);
  const result = useTestResult(run?.phase === "started" ? { workflowId, nodeId: node.id, testId: run.testId } : null);

  const choice: TestChoice = { source, usePins, shownId, text, item: loopOf(graph, node.id) === undefined ? null : item };
  const body = testBody(choice);
  const untestable = nodeType?.testable === false ? ((russian && nodeType.untestable_ru) || nodeType.untestable) : null;
  const refusal =
    untestable ??
    may("edit") ??
    may("publish") ??
    may("run") ??
    (readOnly ? t("readOnly") : conflict ? t("conflict") : null) ??
    (pause?.everything ? t("paused", { facts: pause.facts }) : null) ??
    (body === null ? t("choose") : null);
  const underWay = run?.phase === "starting" || (run?.phase === "started" && !run.stopped && !result.isError && !isEnded(result.data?.state));
  return {
    workflowId,
    nodeId: node.id,
    choice,
    run,
    result,
    underWay,
    refusal,
    begin: () => {
      if (refusal === null && body !== null && !underWay) void beginTest(workflowId, node.id, body);
    },
    stop: () => stopTest(workflowId, node.id),
  };
}
