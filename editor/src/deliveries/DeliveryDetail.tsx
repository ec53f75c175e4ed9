import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Copy, Download, RotateCcw, Trash2 } from "lucide-react";
import { useState, type ReactNode } from "react";
import { describeError } from "../api/client";
import { deleteDelivery, fetchDelivery, fetchDeliveryCurl, type DeliveryDetail as Delivery } from "../api/deliveries";
import { Button } from "../components/Button";
import { Dialog } from "../components/Dialog";
import { copyText } from "../components/json/copyText";
import { JsonView } from "../components/json/JsonView";
import { Spinner } from "../components/Spinner";
import { toast } from "../components/Toast";
import list from "../components/list.module.css";
import { useLocale, useMessages } from "../i18n/useMessages";
import { Link } from "../island/Link";
import { workflowPath } from "../island/route";
import type { Json } from "../schema/jsonSchema";
import { usePermissions } from "../session/usePermissions";
import styles from "./deliveries.module.css";
import { DeliveryKind, DeliveryState } from "./DeliveryState";
import { formatInstant } from "./formatInstant";
import { deliveryMessages } from "./messages";

const WAITING = ["pending", "held"];

export interface DeliveryDetailProps {
  id: string;
  onClose: () => void;
  onOpen: (id: string) => void;
  onRedeliver: (id: string) => void;
}

/** One delivery with everything that was sent, beside the list. */
export function DeliveryDetail({ id, onClose, onOpen, onRedeliver }: DeliveryDetailProps) {
  const t = useMessages(deliveryMessages);
  const query = useQuery({
    queryKey: ["delivery", id],
    queryFn: ({ signal }) => fetchDelivery(id, signal),
    refetchInterval: (state) => (state.state.data && WAITING.includes(state.state.data.state) ? 1500 : false),
  });
  return (
    <Dialog
      title={t("detail", { id: `${id.slice(0, 8)}…${id.slice(-4)}` })}
      onClose={onClose}
      size="large"
      testId="delivery-detail"
      footer={query.data && <Actions delivery={query.data} onClose={onClose} onRedeliver={onRedeliver} />}
    >
      {query.isPending ? (
        <Spinner label={t("loading")} />
      ) : query.isError ? (
        <p role="alert" className={list.error}>
          {describeError(query.error)}
        </p>
      ) : (
        <Content delivery={query.data} onOpen={onOpen} />
      )}
    </Dialog>
  );
}

function Content({ delivery, onOpen }: { delivery: Delivery; onOpen: (id: string) => void }) {
  const t = useMessages(deliveryMessages);
  const locale = useLocale();
  const facts: [string, ReactNode][] = [
    [t("state"), <DeliveryState key="state" state={delivery.state} reason={delivery.reason} />],
    [t("received"), <time key="time" dateTime={delivery.received_at}>{formatInstant(delivery.received_at, locale)}</time>],
    [t("workflow"), <Link key="workflow" to={workflowPath(delivery.workflow_id)} className={list.link}>{delivery.workflow_id}</Link>],
    [t("kind"), <span key="kind" className={list.fact}><DeliveryKind kind={delivery.kind} /> {delivery.node_id}</span>],
    [t("address"), `${delivery.method} /${[delivery.workflow_id, delivery.path].filter(Boolean).join("/")}`],
    [t("sender"), delivery.client ?? "–"],
    [t("size"), t("bytes", { count: delivery.size })],
    [t("attempts"), String(delivery.attempts)],
  ];
  if (delivery.execution_id && delivery.dispatched_at) {
    facts.push([t("execution"), <Link key="run" to={workflowPath(delivery.workflow_id, delivery.execution_id)} className={list.link}>{delivery.execution_id}</Link>]);
  }
  if (delivery.idempotency_key) facts.push([t("key"), delivery.idempotency_key]);
  if (delivery.group_id) facts.push([t("group"), delivery.group_id]);
  return (
    <div className={styles.detail}>
      {delivery.error && (
        <p className={list.errorBox} role="alert">
          {delivery.error}
        </p>
      )}
      <dl className={styles.facts}>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <section>
        <h3>{t("body")}</h3>
        {delivery.truncated && <p className={list.muted}>{t("truncated")}</p>}
        {delivery.body === null ? (
          <p className={list.muted}>{t("noBody")}</p>
        ) : (
          <JsonView value={delivery.body as Json} rootPath={["trigger", "body"]} label={t("body")} fileName={`delivery-${delivery.id}.json`} withPaths={false} openDepth={3} />
        )}
      </section>
      {delivery.files.length > 0 && (
        <section>
          <h3>{t("files")}</h3>
          <ul className={styles.files}>
            {delivery.files.map((file) => (
              <li key={file.file_id}>
                <a className={list.link} href={file.url} download aria-label={t("download", { name: file.filename })}>
                  <Download size={14} aria-hidden /> {file.filename}
                </a>{" "}
                <span className={list.muted}>
                  {file.content_type} · {t("bytes", { count: file.size })}
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
      <Pairs title={t("headers")} values={delivery.headers} testId="delivery-headers" />
      {Object.keys(delivery.query).length > 0 && <Pairs title={t("query")} values={delivery.query} testId="delivery-query" />}
      {delivery.chain.length > 0 && (
        <section>
          <h3>{t("chain")}</h3>
          <ol className={styles.chain}>
            {delivery.chain.map((link, at) => (
              <li key={link.id}>
                <button type="button" className={list.open} disabled={link.id === delivery.id} onClick={() => onOpen(link.id)}>
                  {formatInstant(link.received_at, locale)}
                </button>{" "}
                <span className={list.muted}>
                  {[at === 0 ? t("original") : "", link.id === delivery.id ? t("thisOne") : ""].filter(Boolean).join(" · ")}
                </span>
              </li>
            ))}
          </ol>
        </section>
      )}
    </div>
  );
}

function Pairs({ title, values, testId }: { title: string; values: Record<string, unknown>; testId: string }) {
  return (
    <section>
      <h3>{title}</h3>
      <dl className={styles.pairs} data-testid={testId}>
        {Object.entries(values).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{typeof value === "string" ? value : JSON.stringify(value)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Actions({ delivery, onClose, onRedeliver }: { delivery: Delivery; onClose: () => void; onRedeliver: (id: string) => void }) {
  const t = useMessages(deliveryMessages);
  const refusal = usePermissions(delivery.workflow_id);
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const waits = WAITING.includes(delivery.state) ? t("waits") : null;
  const curl = useMutation({
    mutationFn: async () => {
      const answer = await fetchDeliveryCurl(delivery.id);
      await copyText(answer.command);
      return answer;
    },
    onSuccess: (answer) => toast({ tone: "success", title: t("curlCopied"), detail: answer.notes.map((note) => t(`note.${note}`)).join(" ") }),
    onError: (error) => toast({ tone: "error", title: describeError(error) }),
  });
  const remove = useMutation({
    mutationFn: () => deleteDelivery(delivery.id),
    onSuccess: () => {
      toast({ tone: "success", title: t("removed") });
      onClose();
      return client.invalidateQueries({ queryKey: ["deliveries"] });
    },
    onError: (error) => toast({ tone: "error", title: describeError(error) }),
  });
  if (asking) {
    return (
      <>
        <span className={styles.ask}>
          <strong>{t("removeTitle")}</strong> {t("removeText")}
        </span>
        <Button onClick={() => setAsking(false)}>{t("cancel")}</Button>
        <Button variant="danger" busy={remove.isPending} testId="delivery-remove-yes" onClick={() => remove.mutate()}>
          {t("remove")}
        </Button>
      </>
    );
  }
  return (
    <>
      <Button variant="ghost" icon={<Trash2 />} disabledReason={waits ?? refusal("delete")} testId="delivery-remove" onClick={() => setAsking(true)}>
        {t("remove")}
      </Button>
      <span className={list.space} />
      {delivery.kind === "webhook" && (
        <Button icon={<Copy />} busy={curl.isPending} testId="delivery-curl" onClick={() => curl.mutate()}>
          {t("copyCurl")}
        </Button>
      )}
      <Button variant="primary" icon={<RotateCcw />} disabledReason={waits ?? refusal("run")} testId="delivery-redeliver" onClick={() => onRedeliver(delivery.id)}>
        {t("redeliver")}
      </Button>
    </>
  );
}
