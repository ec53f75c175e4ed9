import { CircleCheck, CircleSlash, CircleX } from "lucide-react";
import { useCallback, useState } from "react";
import { ApiProblem, describeError } from "../api/client";
import { fetchStepTestLog, type StepTest } from "../api/stepTests";
import { issueText } from "../components/issueText";
import { JsonView } from "../components/json/JsonView";
import { Spinner } from "../components/Spinner";
import { Tabs, type TabItem } from "../components/Tabs";
import { usePortLabel } from "../canvas/StepNode";
import { portsOfNode } from "../graph/ports";
import { useLocale, useMessages } from "../i18n/useMessages";
import { Link } from "../island/Link";
import { executionPath } from "../island/route";
import { workflowOfExecution } from "../session/usePermissions";
import { formatDuration, secondsBetween } from "../runs/format";
import { FaultView } from "../runs/StepError";
import { LogView } from "../runs/log/StepLogs";
import { readFault } from "../runs/types";
import { useNow } from "../runs/useNow";
import { usePolledLog } from "../runs/log/useStepLogs";
import type { Json } from "../schema/jsonSchema";
import { useEditor } from "../store/editorStore";
import { stepTestMessages } from "./messages";
import styles from "./stepTest.module.css";
import { usePause } from "./usePause";
import type { StepTestState } from "./useStepTest";
import { isEnded } from "./useTestResult";

/** What becomes, or became, of a test. */
export function TestResult({ test }: { test: StepTestState }) {
  const t = useMessages(stepTestMessages);
  const { run, result } = test;
  if (run === null) return null;
  if (run.phase === "starting") return <Progress text={t("starting")} />;
  if (run.phase === "unsaved") return <Refused lines={[t("unsaved")]} />;
  if (run.phase === "refused") return <Refusal error={run.error} />;
  if (run.stopped) {
    return (
      <p className={styles.line} data-state="stopped" role="status" data-testid="test-state">
        <CircleSlash size={15} aria-hidden /> {t("stopped")}
      </p>
    );
  }
  if (result.isError) {
    const gone = result.error instanceof ApiProblem && result.error.status === 404;
    return <Refused lines={[gone ? t("resultGone") : t("resultLost", { message: describeError(result.error) })]} />;
  }
  if (!result.data || !isEnded(result.data.state)) return <UnderWay test={result.data ?? null} />;
  return <Ended key={result.data.id} test={result.data} />;
}

function Progress({ text }: { text: string }) {
  return (
    <p className={styles.line} data-state="running" role="status" data-testid="test-state">
      <Spinner size={15} /> {text}
    </p>
  );
}

function UnderWay({ test }: { test: StepTest | null }) {
  const t = useMessages(stepTestMessages);
  const locale = useLocale();
  const now = useNow(true);
  const pause = usePause(null);
  const isRunning = test?.state === "running";
  const since = secondsBetween((isRunning ? test.started_at : null) ?? test?.created_at ?? null, null, now);
  // Clocks of servers and browsers differ.
  const time = formatDuration(Math.max(0, Math.floor(since ?? 0)) || 0, locale).replace(/^0 \S+$/, formatDuration(0, locale));
  return (
    <>
      <Progress text={t(isRunning ? "running" : "waiting", { time })} />
      {!isRunning && pause?.everything && <p className={styles.fault}>{t("paused", { facts: pause.facts })}</p>}
    </>
  );
}

function Refusal({ error }: { error: Error }) {
  const t = useMessages(stepTestMessages);
  const locale = useLocale();
  const pause = usePause(null);
  if (!(error instanceof ApiProblem)) return <Refused lines={[error.message]} />;
  const limit = error.document["limit"];
  if (error.code === "too-many-step-tests" && typeof limit === "number") return <Refused lines={[t("tooMany", { count: limit })]} />;
  if (error.code === "step-tests-paused" && pause?.everything) return <Refused lines={[t("paused", { facts: pause.facts })]} />;
  return <Refused lines={error.issues.length > 0 ? error.issues.map((issue) => issueText(issue, locale)) : [error.detail]} />;
}

function Refused({ lines }: { lines: readonly string[] }) {
  const t = useMessages(stepTestMessages);
  return (
    <div className={styles.refused} role="alert" data-testid="test-refused">
      <p className={styles.refusedTitle}>
        <CircleX size={15} aria-hidden /> {t("refused")}
      </p>
      {lines.map((line) => (
        <p key={line}>{line}</p>
      ))}
    </div>
  );
}

type Part = "output" | "error" | "input" | "log";

function Ended({ test }: { test: StepTest }) {
  const t = useMessages(stepTestMessages);
  const locale = useLocale();
  const labelOf = usePortLabel();
  const [chosen, setChosen] = useState<Part | null>(null);
  const graph = useEditor((state) => state.graph);
  const nodeTypes = useEditor((state) => state.nodeTypes);
  const failed = test.state === "failed";
  const parts: Part[] = failed ? ["error", "input", "log"] : ["output", "input", "log"];
  const shown = chosen !== null && parts.includes(chosen) ? chosen : (parts[0] ?? "output");
  const tabs: TabItem<`test-${Part}`>[] = parts.map((part) => ({ id: `test-${part}`, label: t(part) }));
  const ports = portsOfNode(graph, nodeTypes, test.node_id);
  const names = test.ports.map((id) => labelOf(ports.find((port) => port.id === id) ?? { id, label: id }));
  const time = formatDuration(test.duration_s, locale);
  const child = test.child_execution_id;
  return (
    <div className={styles.ended}>
      <p className={styles.line} data-state={test.state} role="status" data-testid="test-state">
        {failed ? <CircleX size={15} aria-hidden /> : <CircleCheck size={15} aria-hidden />}
        <strong>{failed ? (test.duration_s === null ? t("failedShort") : t("failed", { time })) : t("succeeded", { time })}</strong>
        {names.length > 0 && <span>{t("goesOnBy", { ports: names.join(", ") })}</span>}
      </p>
      {child && (
        <p className={styles.note}>
          <Link to={executionPath(child)}>{t("child", { workflow: workflowOfExecution(child) })}</Link>
        </p>
      )}
      <Tabs tabs={tabs} selected={`test-${shown}`} onSelect={(id) => setChosen(id.slice("test-".length) as Part)} label={t("result")}>
        <div className={styles.part} data-testid={`test-${shown}`}>
          {shown === "output" && <Data value={test.output as Json} empty={t("nothing")} path={["steps", test.node_id]} name={`${test.node_id}-output`} label={t("output")} />}
          {shown === "input" && <Data value={test.input as Json} empty={t("noInput")} path={null} name={`${test.node_id}-input`} label={t("input")} />}
          {shown === "error" && <TestFault test={test} onLogs={() => setChosen("log")} />}
          {shown === "log" && <TestLog workflowId={test.workflow_id} nodeId={test.node_id} testId={test.id} />}
        </div>
      </Tabs>
    </div>
  );
}

function Data({ value, empty, path, name, label }: { value: Json; empty: string; path: string[] | null; name: string; label: string }) {
  if (value === null || value === undefined) return <p className={styles.note}>{empty}</p>;
  return <JsonView value={value} rootPath={path ?? []} withPaths={path !== null} label={label} fileName={`${name}.json`} openDepth={3} />;
}

/** The cause in plain words, as the server explains it. */
function TestFault({ test, onLogs }: { test: StepTest; onLogs: () => void }) {
  const fault = readFault(test.error);
  const failure = test.failure;
  const message = [failure?.title, failure?.message ?? fault?.message].filter((text, index, all) => text && all.indexOf(text) === index).join("\n");
  return <FaultView message={message} code={failure?.code ?? fault?.code ?? "step-error"} advice={failure?.advice || null} detail={failure?.detail ?? fault?.detail} fileName={`${test.node_id}-error.json`} onLogs={onLogs} />;
}

function TestLog({ workflowId, nodeId, testId }: { workflowId: string; nodeId: string; testId: string }) {
  const read = useCallback((signal: AbortSignal, token: string | null) => fetchStepTestLog({ workflowId, nodeId, testId }, token, signal), [workflowId, nodeId, testId]);
  return <LogView logs={usePolledLog(read)} downloadUrl={null} />;
}
