import { useMutation, useQueryClient } from "@tanstack/react-query";
import { RotateCcw } from "lucide-react";
import { describeError } from "../api/client";
import { redeliver } from "../api/deliveries";
import { Button } from "../components/Button";
import { Dialog } from "../components/Dialog";
import { toast } from "../components/Toast";
import list from "../components/list.module.css";
import { useMessages } from "../i18n/useMessages";
import styles from "./deliveries.module.css";
import { deliveryMessages } from "./messages";

/** Asks before it sends deliveries again, and tells which of them were refused. */
export function RedeliverDialog({ ids, onClose, onDone }: { ids: readonly string[]; onClose: () => void; onDone: () => void }) {
  const t = useMessages(deliveryMessages);
  const client = useQueryClient();
  const send = useMutation({
    mutationFn: () => redeliver([...ids]),
    onSuccess: (answer) => {
      void client.invalidateQueries({ queryKey: ["deliveries"] });
      void client.invalidateQueries({ queryKey: ["delivery"] });
      if (answer.redelivered.length > 0) toast({ tone: "success", title: t("redelivered", { count: answer.redelivered.length }) });
      if (answer.refused.length === 0) onDone();
    },
  });
  const refused = send.data?.refused ?? [];
  return (
    <Dialog
      title={t("redeliverTitle", { count: ids.length })}
      description={t("redeliverText")}
      size="small"
      onClose={send.isSuccess ? onDone : onClose}
      onSubmit={() => !send.isPending && !send.isSuccess && send.mutate()}
      testId="redeliver-dialog"
      footer={
        send.isSuccess ? (
          <Button variant="primary" onClick={onDone}>
            {t("close")}
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>{t("cancel")}</Button>
            <Button type="submit" variant="primary" icon={<RotateCcw />} busy={send.isPending} testId="redeliver-submit">
              {t("redeliver")}
            </Button>
          </>
        )
      }
    >
      {send.isError && (
        <p className={list.error} role="alert">
          {describeError(send.error)}
        </p>
      )}
      {refused.length > 0 && (
        <div role="alert" data-testid="redeliver-refused">
          <p>{t("refused")}</p>
          <ul className={styles.refused}>
            {refused.map((one) => (
              <li key={one.id}>{one.message}</li>
            ))}
          </ul>
        </div>
      )}
    </Dialog>
  );
}
