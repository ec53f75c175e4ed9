import { useMutation, useQueryClient } from "@tanstack/react-query";
import { describeError } from "../api/client";
import { readWorkflow, unpublishWorkflow } from "../api/workflows";
import { Button } from "../components/Button";
import { Dialog } from "../components/Dialog";
import { toast } from "../components/Toast";
import { useMessages } from "../i18n/useMessages";
import { useEditor } from "../store/editorStore";
import styles from "./dialogs.module.css";
import { dialogMessages } from "./messages";

export function UnpublishDialog({ onClose }: { onClose: () => void }) {
  const t = useMessages(dialogMessages);
  const client = useQueryClient();
  const workflow = useEditor((state) => state.workflow);
  const unpublish = useMutation({
    mutationFn: async () => {
      if (!workflow) return;
      await unpublishWorkflow(workflow.id);
      useEditor.getState().setWorkflow(await readWorkflow(workflow.id));
    },
    onSuccess: () => {
      toast({ tone: "success", title: t("unpublished", { name: workflow?.name ?? "" }) });
      onClose();
      return client.invalidateQueries({ queryKey: ["workflows"] });
    },
  });
  if (!workflow) return null;
  return (
    <Dialog
      title={t("unpublishTitle", { name: workflow.name })}
      size="small"
      onClose={onClose}
      testId="unpublish-dialog"
      footer={
        <>
          <Button onClick={onClose} data-autofocus>
            {t("cancel")}
          </Button>
          <Button variant="danger" busy={unpublish.isPending} testId="unpublish-confirm" onClick={() => unpublish.mutate()}>
            {t("unpublishSubmit")}
          </Button>
        </>
      }
    >
      <p>{t("unpublishText")}</p>
      {unpublish.error && (
        <p className={styles.error} role="alert">
          {describeError(unpublish.error)}
        </p>
      )}
    </Dialog>
  );
}
