import { useMutation, useQueryClient } from "@tanstack/react-query";
import { RotateCcw } from "lucide-react";
import { useState } from "react";
import { DEAD_LETTERS_KEY, redriveGroup } from "../api/deadLetters";
import { Field, inputClass } from "../components/Field";
import { FormDialog } from "../components/FormDialog";
import { toast } from "../components/Toast";
import { useMessages } from "../i18n/useMessages";
import { deadLetterMessages } from "./messages";
import { readRate } from "./redriveRate";

export interface DeadLetterDialogProps {
  groupId: string;
  /** Only these; all open ones of the group when null. */
  ids: string[] | null;
  count: number;
  onClose: () => void;
}

/** Asks on which revision and how fast before it starts dead letters again. */
export function RedriveDialog({ groupId, ids, count, onClose }: DeadLetterDialogProps) {
  const t = useMessages(deadLetterMessages);
  const client = useQueryClient();
  const [revision, setRevision] = useState<"latest" | "original">("latest");
  const [rate, setRate] = useState("60");
  const perMinute = readRate(rate);
  const redrive = useMutation({
    mutationFn: (per_minute: number) => redriveGroup(groupId, { revision, per_minute, ...(ids && { ids }) }),
    onSuccess: () => {
      toast({ tone: "success", title: t("started") });
      onClose();
    },
    onSettled: () => client.invalidateQueries({ queryKey: DEAD_LETTERS_KEY }),
  });
  return (
    <FormDialog
      title={t("redriveTitle", { count })}
      description={t("redriveText")}
      size="small"
      onClose={onClose}
      onSubmit={() => {
        if (perMinute !== null) redrive.mutate(perMinute);
      }}
      name="redrive"
      cancel={t("cancel")}
      submit={t("start")}
      icon={<RotateCcw />}
      action={redrive}
    >
      <Field label={t("revision")}>
        {({ id }) => (
          <select id={id} className={inputClass} data-testid="redrive-revision" value={revision} onChange={(event) => setRevision(event.target.value === "original" ? "original" : "latest")}>
            <option value="latest">{t("latest")}</option>
            <option value="original">{t("original")}</option>
          </select>
        )}
      </Field>
      <Field label={t("rate")} help={t("rateHelp")} error={perMinute === null ? t("rateInvalid") : null}>
        {({ id, describedBy, invalid }) => <input id={id} className={inputClass} inputMode="numeric" aria-describedby={describedBy} aria-invalid={invalid} data-testid="redrive-rate" value={rate} onChange={(event) => setRate(event.target.value)} />}
      </Field>
    </FormDialog>
  );
}
