import { Trash2 } from "lucide-react";
import { describeError } from "../api/client";
import { Button } from "../components/Button";
import { Dialog } from "../components/Dialog";
import list from "../components/list.module.css";
import { useMessages } from "../i18n/useMessages";
import { alertMessages } from "./messages";
import { useAlertAction } from "./useAlertAction";

/** Asks before a rule or a channel is removed. */
export function RemoveDialog({ name, text, remove, onClose }: { name: string; text: string; remove: () => Promise<unknown>; onClose: () => void }) {
  const t = useMessages(alertMessages);
  const action = useAlertAction(remove, t("removed"), onClose);
  return (
    <Dialog
      title={t("removeTitle", { name })}
      description={text}
      size="small"
      onClose={onClose}
      onSubmit={() => !action.isPending && action.mutate()}
      testId="remove-dialog"
      footer={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" variant="danger" icon={<Trash2 />} busy={action.isPending} testId="remove-submit">
            {t("remove")}
          </Button>
        </>
      }
    >
      {action.isError && (
        <p className={list.errorBox} role="alert">
          {describeError(action.error)}
        </p>
      )}
    </Dialog>
  );
}
