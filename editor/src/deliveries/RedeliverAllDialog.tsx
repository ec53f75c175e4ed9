import { RotateCcw, Square } from "lucide-react";
import { Button } from "../components/Button";
import { Dialog } from "../components/Dialog";
import list from "../components/list.module.css";
import { useMessages } from "../i18n/useMessages";
import styles from "./deliveries.module.css";
import type { DeliveryFilter } from "./deliveryFilter";
import { deliveryMessages } from "./messages";
import { useFilterTexts } from "./useFilterTexts";
import { useRedeliverAll } from "./useRedeliverAll";

const SHOWN = 20;

export interface RedeliverAllDialogProps {
  filter: DeliveryFilter;
  count: number;
  exact: boolean;
  onClose: () => void;
}

/** Asks before it sends all that match again; then tells how far it is, and what was left out. */
export function RedeliverAllDialog({ filter, count, exact, onClose }: RedeliverAllDialogProps) {
  const t = useMessages(deliveryMessages);
  const work = useRedeliverAll(filter);
  const { state, sent, refused, error } = work;
  const asking = state === "asking";
  const done = sent + refused.length;
  return (
    <Dialog
      title={exact ? t("redeliverAllTitle", { count }) : t("redeliverAllMany", { count })}
      description={`${t("redeliverText")} ${t("redeliverAllText")}`}
      onClose={() => {
        work.stop();
        onClose();
      }}
      onSubmit={() => asking && work.start()}
      testId="redeliver-all-dialog"
      footer={
        asking ? (
          <>
            <Button onClick={onClose}>{t("cancel")}</Button>
            <Button type="submit" variant="primary" icon={<RotateCcw />} testId="redeliver-all-submit">
              {t("redeliverAll")}
            </Button>
          </>
        ) : state === "sending" ? (
          <Button icon={<Square />} testId="redeliver-all-stop" onClick={work.stop}>
            {t("stop")}
          </Button>
        ) : (
          <Button variant="primary" testId="redeliver-all-close" onClick={onClose}>
            {t("close")}
          </Button>
        )
      }
    >
      {asking ? (
        <Conditions filter={filter} />
      ) : (
        <div className={list.progress}>
          <progress max={exact ? Math.max(count, done) : undefined} value={exact ? done : state === "sending" ? undefined : 1} aria-label={t("redeliverAll")} />
          <p role="status" data-testid="redeliver-all-progress">
            {t("redeliverAllSent", { sent, refused: refused.length })}
            {state === "stopped" && ` ${t("redeliverAllStopped")}`}
          </p>
        </div>
      )}
      {error && (
        <p className={list.errorBox} role="alert">
          {error}
        </p>
      )}
      {refused.length > 0 && (
        <div role={state === "sending" ? undefined : "alert"} data-testid="redeliver-all-refused">
          <p>{t("refused")}</p>
          <ul className={styles.refused}>
            {refused.slice(0, SHOWN).map((one) => (
              <li key={one.id}>
                <code>{one.id.slice(0, 8)}…{one.id.slice(-4)}</code> {one.message}
              </li>
            ))}
            {refused.length > SHOWN && <li>{t("refusedMore", { count: refused.length - SHOWN })}</li>}
          </ul>
        </div>
      )}
    </Dialog>
  );
}

/** The filter in words, so that nobody sends more than they mean. */
function Conditions({ filter }: { filter: DeliveryFilter }) {
  const t = useMessages(deliveryMessages);
  const texts = useFilterTexts(filter);
  return (
    <>
      <p className={list.muted}>{t("redeliverAllFilter")}</p>
      <dl className={styles.pairs}>
        {texts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
