import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { describeError } from "../api/client";
import { fetchDeliveries } from "../api/deliveries";
import { useExecutions } from "../api/queries";
import { fetchStepTestPlan } from "../api/stepTests";
import { Button } from "../components/Button";
import { CodeEditor } from "../components/code/CodeEditor";
import { Field, inputClass } from "../components/Field";
import { stateMessages } from "../components/stateMessages";
import { upstreamOf } from "../expressions/buildScope";
import { nodeLabel, type Graph } from "../graph/types";
import { useLocale, useMessages } from "../i18n/useMessages";
import { formatMoment } from "../runs/format";
import { useEditor } from "../store/editorStore";
import { NEWEST, testKey, useStepTests, type DataSource } from "../store/stepTests";
import { stepTestMessages } from "./messages";
import styles from "./stepTest.module.css";
import { planQuery, readTyped } from "./testBody";
import type { StepTestState } from "./useStepTest";

const KINDS = ["newest", "execution", "delivery", "json", "example"] as const;

function sourceOf(kind: (typeof KINDS)[number]): DataSource {
  return kind === "execution" || kind === "delivery" ? { kind, id: null } : kind === "newest" ? NEWEST : { kind };
}

/** What the tested step sees: a run, a delivery, typed data or the sample, and before these what is pinned. */
export function TestSource({ test, graph, opened }: { test: StepTestState; graph: Graph; opened: boolean }) {
  const t = useMessages(stepTestMessages);
  const { workflowId, nodeId, choice } = test;
  const pinId = useId();
  const choose = (source: DataSource) => {
    const store = useStepTests.getState();
    store.set({ sources: { ...store.sources, [workflowId]: source } });
  };
  const pinned = upstreamOf(nodeId, graph.edges).filter((id) => graph.nodes.find((node) => node.id === id)?.pinned);
  return (
    <>
      <Field label={t("sourceLabel")}>
        {({ id }) => (
          <select id={id} className={inputClass} value={choice.source.kind} data-testid="test-source" onChange={(event) => choose(sourceOf(event.target.value as (typeof KINDS)[number]))}>
            {KINDS.map((kind) => (
              <option key={kind} value={kind}>
                {t(`source.${kind === "newest" && opened ? "shown" : kind}`)}
              </option>
            ))}
          </select>
        )}
      </Field>
      {choice.source.kind === "execution" && <ExecutionChoice workflowId={workflowId} chosen={choice.source.id} onChoose={(id) => choose({ kind: "execution", id })} />}
      {choice.source.kind === "delivery" && <DeliveryChoice workflowId={workflowId} chosen={choice.source.id} onChoose={(id) => choose({ kind: "delivery", id })} />}
      {choice.source.kind === "json" && <TypedData test={test} />}
      {choice.item !== null && choice.source.kind !== "json" && (
        <Field label={t("item")} help={t("itemHelp")}>
          {({ id, describedBy }) => (
            <input
              id={id}
              aria-describedby={describedBy}
              type="number"
              min={0}
              className={inputClass}
              value={choice.item ?? 0}
              data-testid="test-item"
              onChange={(event) => {
                const store = useStepTests.getState();
                store.set({ items: { ...store.items, [testKey(workflowId, nodeId)]: Math.max(0, Math.trunc(Number(event.target.value) || 0)) } });
              }}
            />
          )}
        </Field>
      )}
      {pinned.length > 0 ? (
        <label className={styles.check} title={t("usePinsHelp")}>
          <input
            id={pinId}
            type="checkbox"
            checked={choice.usePins}
            data-testid="test-pins"
            onChange={() => {
              const store = useStepTests.getState();
              store.set({ usePins: { ...store.usePins, [workflowId]: !choice.usePins } });
            }}
          />{" "}
          {t("usePins")}
        </label>
      ) : (
        <p className={styles.note}>{t("noPins")}</p>
      )}
      <Seen test={test} graph={graph} />
    </>
  );
}

interface ChoiceProps {
  workflowId: string;
  chosen: string | null;
  onChoose: (id: string) => void;
}

function ExecutionChoice({ workflowId, chosen, onChoose }: ChoiceProps) {
  const t = useMessages(stepTestMessages);
  const states = useMessages(stateMessages);
  const locale = useLocale();
  const list = useExecutions(workflowId);
  const executions = list.data?.executions ?? [];
  if (list.isError) return <p className={styles.fault}>{t("readFailed", { message: describeError(list.error) })}</p>;
  if (list.data && executions.length === 0) return <p className={styles.note}>{t("noExecutions")}</p>;
  return (
    <Field label={t("executionLabel")}>
      {({ id }) => (
        <select id={id} className={inputClass} value={chosen ?? ""} data-testid="test-execution" onChange={(event) => onChoose(event.target.value)}>
          {chosen === null && <option value="">{t("choose")}</option>}
          {executions.map((one) => (
            <option key={one.id} value={one.id}>
              {formatMoment(one.started_at ?? one.created_at, locale)} · {states(one.state)}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

function DeliveryChoice({ workflowId, chosen, onChoose }: ChoiceProps) {
  const t = useMessages(stepTestMessages);
  const locale = useLocale();
  const list = useQuery({
    queryKey: ["deliveries", "for-tests", workflowId],
    refetchInterval: 5000,
    queryFn: ({ signal }) => fetchDeliveries({ workflow_id: workflowId, limit: 25 }, signal),
  });
  const deliveries = list.data?.deliveries ?? [];
  if (list.isError) return <p className={styles.fault}>{t("readFailed", { message: describeError(list.error) })}</p>;
  if (list.data && deliveries.length === 0) return <p className={styles.note}>{t("noDeliveries")}</p>;
  return (
    <Field label={t("deliveryLabel")}>
      {({ id }) => (
        <select id={id} className={inputClass} value={chosen ?? ""} data-testid="test-delivery-choice" onChange={(event) => onChoose(event.target.value)}>
          {chosen === null && <option value="">{t("choose")}</option>}
          {deliveries.map((one) => (
            <option key={one.id} value={one.id}>
              {[formatMoment(one.received_at, locale), one.node_id, one.state === "captured" ? t("test_delivery") : one.kind].join(" · ")}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

function TypedData({ test }: { test: StepTestState }) {
  const t = useMessages(stepTestMessages);
  const { workflowId, nodeId, choice } = test;
  const { fault } = readTyped(choice.text);
  const write = (text: string) => {
    const store = useStepTests.getState();
    store.set({ texts: { ...store.texts, [testKey(workflowId, nodeId)]: text } });
  };
  const known = useQuery({
    queryKey: ["step-test-known", workflowId, nodeId, choice.shownId],
    enabled: false,
    retry: false,
    queryFn: ({ signal }) => fetchStepTestPlan(workflowId, nodeId, planQuery({ ...choice, source: NEWEST }) ?? {}, signal),
  });
  return (
    <div className={styles.typed}>
      <CodeEditor value={choice.text} onChange={write} language="json" label={t("jsonLabel")} invalid={fault !== null} minHeight="88px" maxHeight="240px" placeholder='{"trigger": {"body": {}}, "steps": {}}' testId="test-json" className={styles.code} />
      {fault && (
        <p className={styles.fault} role="status">
          {fault.kind === "json" ? t("jsonFault", { message: fault.message }) : t("jsonObject")}
        </p>
      )}
      <p className={styles.note}>{t("jsonHelp")}</p>
      <div>
        <Button
          size="small"
          busy={known.isFetching}
          testId="test-fill"
          onClick={() => {
            void known.refetch().then(({ data }) => {
              if (data) write(JSON.stringify(data.data, null, 2));
            });
          }}
        >
          {t("fill")}
        </Button>
      </div>
      {known.isError && <p className={styles.fault}>{t("readFailed", { message: describeError(known.error) })}</p>}
    </div>
  );
}

/** Where each part comes from, as the server sees the saved draft. */
function Seen({ test, graph }: { test: StepTestState; graph: Graph }) {
  const t = useMessages(stepTestMessages);
  const { workflowId, nodeId, choice } = test;
  const saved = useEditor((state) => state.saveState === "saved");
  const version = useEditor((state) => state.workflow?.version);
  const query = planQuery(choice);
  const plan = useQuery({
    queryKey: ["step-test-plan", workflowId, nodeId, version, query],
    // A node that is not saved yet is not known to the server.
    enabled: saved && query !== null,
    retry: false,
    queryFn: ({ signal }) => fetchStepTestPlan(workflowId, nodeId, query ?? {}, signal),
  });
  if (query === null) return null;
  if (!saved && !plan.data) return <p className={styles.note}>{t("planUnsaved")}</p>;
  if (plan.isError) return <p className={styles.fault}>{t("readFailed", { message: describeError(plan.error) })}</p>;
  if (!plan.data) return null;
  const typed = choice.source.kind === "json" ? readTyped(choice.text).data : null;
  const given = new Set([...Object.keys(typed ?? {}), ...Object.keys((typed?.["steps"] ?? {}) as Record<string, unknown>)]);
  const sources = Object.entries(plan.data.sources).filter(([name]) => !given.has(name));
  const parts: [string, string][] = [
    ...[...given].filter((name) => name !== "steps" && name !== "item_index").map((name): [string, string] => [name, t("from.given")]),
    ...sources.map(([name, from]): [string, string] => [name, t(`from.${from}`)]),
    ...plan.data.missing.filter((name) => !given.has(name)).map((name): [string, string] => [name, t("missing")]),
  ];
  const label = (name: string) => {
    const node = graph.nodes.find((one) => one.id === name);
    return name === "trigger" ? t("trigger") : node ? nodeLabel(node) : name;
  };
  return (
    <dl className={styles.seen} aria-label={t("seen")} data-testid="test-seen">
      {parts.map(([name, from]) => (
        <div key={name} data-missing={from === t("missing") || undefined}>
          <dt>{label(name)}</dt>
          <dd>{from}</dd>
        </div>
      ))}
    </dl>
  );
}
