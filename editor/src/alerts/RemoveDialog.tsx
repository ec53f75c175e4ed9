import { Trash2 } from "lucide-react";
import { FormDialog } from "../components/FormDialog";
import { useMessages } from "../i18n/useMessages";
import { alertMessages } from "./messages";
import { useAlertAction } from "./useAlertAction";

/** Asks before a rule or a channel is removed. */
export function RemoveDialog({ name, text, remove, onClose }: { name: string; text: string; remove: () => Promise<unknown>; onClose: () => void }) {
  const t = useMessages(alertMessages);
  const action = useAlertAction(remove, t("removed"), onClose);
  return (
    <FormDialog
      title={t("removeTitle", { name })}
      description={text}
      size="small"
      onClose={onClose}
      onSubmit={() => action.mutate()}
      name="remove"
      cancel={t("cancel")}
      submit={t("remove")}
      icon={<Trash2 />}
      tone="danger"
      action={action}
    />
  );
}
