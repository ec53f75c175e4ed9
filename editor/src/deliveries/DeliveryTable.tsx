import type { DeliverySummary } from "../api/deliveries";
import list from "../components/list.module.css";
import { useLocale, useMessages } from "../i18n/useMessages";
import { Link } from "../island/Link";
import { workflowPath } from "../island/route";
import { formatInstant } from "./formatInstant";
import styles from "./deliveries.module.css";
import { DeliveryKind, DeliveryState } from "./DeliveryState";
import { deliveryMessages } from "./messages";

export interface DeliveryTableProps {
  deliveries: readonly DeliverySummary[];
  selected: ReadonlySet<string>;
  onSelect: (ids: readonly string[], on: boolean) => void;
  onOpen: (id: string) => void;
  withWorkflow: boolean;
}

/** A table on wide screens; the same rows become cards on narrow ones. */
export function DeliveryTable({ deliveries, selected, onSelect, onOpen, withWorkflow }: DeliveryTableProps) {
  const t = useMessages(deliveryMessages);
  const all = deliveries.every((one) => selected.has(one.id));
  const ids = deliveries.map((one) => one.id);
  return (
    <table className={list.table} data-testid="deliveries">
      <thead>
        <tr>
          <th scope="col">
            <input type="checkbox" aria-label={t("selectAll")} checked={all} onChange={() => onSelect(ids, !all)} />
          </th>
          <th scope="col">{t("received")}</th>
          <th scope="col">{t("state")}</th>
          {withWorkflow && <th scope="col">{t("workflow")}</th>}
          <th scope="col">{t("kind")}</th>
          <th scope="col">{t("sender")}</th>
          <th scope="col">{t("execution")}</th>
        </tr>
      </thead>
      <tbody>
        {deliveries.map((one) => (
          <Row key={one.id} delivery={one} checked={selected.has(one.id)} onSelect={onSelect} onOpen={onOpen} withWorkflow={withWorkflow} />
        ))}
      </tbody>
    </table>
  );
}

interface RowProps extends Pick<DeliveryTableProps, "onSelect" | "onOpen" | "withWorkflow"> {
  delivery: DeliverySummary;
  checked: boolean;
}

function Row({ delivery, checked, onSelect, onOpen, withWorkflow }: RowProps) {
  const t = useMessages(deliveryMessages);
  const locale = useLocale();
  return (
    <tr className={list.row} data-testid={`delivery-${delivery.id}`} data-state={delivery.state}>
      <td className={styles.check}>
        <input type="checkbox" aria-label={t("select", { id: delivery.id })} checked={checked} onChange={() => onSelect([delivery.id], !checked)} />
      </td>
      <td className={styles.received}>
        <button type="button" className={list.open} onClick={() => onOpen(delivery.id)}>
          <time dateTime={delivery.received_at}>{formatInstant(delivery.received_at, locale)}</time>
        </button>
      </td>
      <td className={styles.stateCell}>
        <DeliveryState state={delivery.state} reason={delivery.reason} />
        {delivery.error && <p className={list.error}>{delivery.error}</p>}
      </td>
      {withWorkflow && (
        <td data-label={t("workflow")}>
          <Link to={workflowPath(delivery.workflow_id)} className={list.link}>
            {delivery.workflow_id}
          </Link>
        </td>
      )}
      <td data-label={t("kind")}>
        <span className={list.fact}>
          <DeliveryKind kind={delivery.kind} />
        </span>{" "}
        <span className={list.muted}>
          {delivery.method} {delivery.node_id}
        </span>
      </td>
      <td data-label={t("sender")}>{delivery.client ?? "–"}</td>
      <td data-label={t("execution")}>
        {delivery.execution_id && delivery.dispatched_at ? (
          <Link to={workflowPath(delivery.workflow_id, delivery.execution_id)} className={list.link} title={delivery.execution_id}>
            …{delivery.execution_id.slice(-8)}
          </Link>
        ) : (
          <span className={list.muted}>{t("noExecution")}</span>
        )}
      </td>
    </tr>
  );
}
