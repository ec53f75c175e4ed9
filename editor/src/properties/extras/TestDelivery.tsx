import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { CircleCheck, CircleX, FlaskConical, Radio } from "lucide-react";
import { useEffect, useState } from "react";
import { describeError } from "../../api/client";
import { fetchListener, startListening, stopListening, type TestListener } from "../../api/deliveries";
import { Button } from "../../components/Button";
import { JsonView } from "../../components/json/JsonView";
import { toast } from "../../components/Toast";
import { useLocale, useMessages } from "../../i18n/useMessages";
import type { Json } from "../../schema/jsonSchema";
import { usePermissions } from "../../session/usePermissions";
import { saveNow } from "../../store/draft";
import { useEditor } from "../../store/editorStore";
import { webhookMessages } from "./messages";
import type { ExtrasProps } from "./registry";
import styles from "./TestDelivery.module.css";

const POLL_MS = 1200;
// A sample is part of the graph, which is read and saved as a whole.
const MOST_SAMPLE_CHARS = 65_536;

/** Catch one real call at the test address, and look at it. */
export function TestDelivery({ node, workflowId, readOnly }: ExtrasProps) {
  const t = useMessages(webhookMessages);
  const refusal = usePermissions(workflowId);
  const client = useQueryClient();
  const key = ["listener", workflowId, node.id];
  // A node that is not saved yet is not known to the server.
  const saved = useEditor((editor) => editor.saveState === "saved");
  const listener = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => fetchListener(workflowId, node.id, signal),
    enabled: saved || client.getQueryData(key) !== undefined,
    retry: false,
    refetchInterval: (query) => (query.state.data?.listening ? POLL_MS : false),
  });
  const start = useMutation({
    mutationFn: async () => {
      // The draft on the server is what the call will meet.
      if (!(await saveNow())) throw new Error(t("save"));
      return startListening(workflowId, node.id);
    },
    onSuccess: (answer) => client.setQueryData(key, answer),
  });
  const stop = useMutation({
    mutationFn: () => stopListening(workflowId, node.id),
    onSettled: () => client.invalidateQueries({ queryKey: key }),
  });
  const data = listener.data;
  const listening = data?.listening ?? false;
  return (
    <section className={styles.box} data-testid="test-delivery" data-listening={listening || undefined}>
      {listening && data?.until ? (
        <div className={styles.bar} role="status">
          <Radio size={15} className={styles.pulse} aria-hidden />
          <Countdown until={data.until} />
          <Button size="small" busy={stop.isPending} testId="listen-stop" onClick={() => stop.mutate()}>
            {t("stop")}
          </Button>
        </div>
      ) : (
        <Button size="small" icon={<FlaskConical />} busy={start.isPending} disabledReason={readOnly ? (refusal("edit") ?? t("readOnly")) : refusal("edit")} testId="listen" onClick={() => start.mutate()}>
          {t(data?.delivery ? "listenAgain" : "listen")}
        </Button>
      )}
      {start.isError && (
        <p role="alert" className={styles.refused}>
          {t("failed", { message: describeError(start.error) })}
        </p>
      )}
      {data && data.refusals.length > 0 && !data.delivery && <Refusals refusals={data.refusals} />}
      {data?.delivery && <Caught listener={data} delivery={data.delivery} nodeId={node.id} readOnly={readOnly} />}
    </section>
  );
}

function Countdown({ until }: { until: string }) {
  const t = useMessages(webhookMessages);
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const left = Math.max(0, Math.round((new Date(until).getTime() - now) / 1000));
  return <span className={styles.text}>{t("listening", { time: `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}` })}</span>;
}

function Refusals({ refusals }: { refusals: TestListener["refusals"] }) {
  const t = useMessages(webhookMessages);
  const locale = useLocale();
  return (
    <ul className={styles.refusals} role="status" data-testid="test-refusals">
      {[...refusals].reverse().map((one) => (
        <li key={one.received_at} className={styles.refused}>
          <p>
            <CircleX size={14} aria-hidden /> <strong>{t("refused", { status: String(one.status) })}</strong> · {one.method} · {new Date(one.received_at).toLocaleTimeString(locale)}
          </p>
          <p>{one.message}</p>
          <Pairs label={t("headers", { count: Object.keys(one.headers).length })} values={one.headers} />
        </li>
      ))}
    </ul>
  );
}

function Caught({ listener, delivery, nodeId, readOnly }: { listener: TestListener; delivery: NonNullable<TestListener["delivery"]>; nodeId: string; readOnly: boolean }) {
  const t = useMessages(webhookMessages);
  const locale = useLocale();
  const outcome = listener.outcome;
  const tooLarge = delivery.truncated || JSON.stringify(delivery.body).length > MOST_SAMPLE_CHARS;
  const take = () => {
    const node = useEditor.getState().graph?.nodes.find((one) => one.id === nodeId);
    if (!node) return;
    useEditor.getState().setParameters(nodeId, { ...node.parameters, sample_payload: delivery.body as Json });
    toast({ tone: "success", title: t("sampleUsed") });
  };
  return (
    <div className={styles.caught} data-testid="test-caught">
      <p className={styles.title}>
        <CircleCheck size={15} aria-hidden />
        <strong>{t("caught", { time: new Date(delivery.received_at).toLocaleTimeString(locale) })}</strong> {delivery.method}
      </p>
      {outcome && <p className={outcome.verdict === "run" ? styles.text : styles.warn}>{t(`verdict.${outcome.verdict}`, { message: [outcome.message, ...outcome.issues.map((issue) => issue.message)].filter(Boolean).join(" ") })}</p>}
      <p className={styles.label}>{t("body")}</p>
      {delivery.body === null ? (
        <p className={styles.text}>{t("noBody")}</p>
      ) : (
        <JsonView value={delivery.body as Json} rootPath={["trigger", "body"]} label={t("body")} fileName="test-delivery.json" openDepth={2} />
      )}
      <Pairs label={t("headers", { count: Object.keys(delivery.headers).length })} values={delivery.headers} />
      {Object.keys(delivery.query).length > 0 && <Pairs label={t("query", { count: Object.keys(delivery.query).length })} values={delivery.query} />}
      <Button size="small" variant="primary" disabledReason={readOnly ? t("readOnly") : tooLarge ? t("tooLarge") : null} testId="use-sample" onClick={take}>
        {t("useSample")}
      </Button>
    </div>
  );
}

function Pairs({ label, values }: { label: string; values: Record<string, unknown> }) {
  return (
    <details className={styles.pairs}>
      <summary>{label}</summary>
      <dl>
        {Object.entries(values).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{typeof value === "string" ? value : JSON.stringify(value)}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
