import { useMutation, useQueryClient } from "@tanstack/react-query";
import { CalendarClock, Database, FilePlus2, Webhook, type LucideIcon } from "lucide-react";
import { useState } from "react";
import { describeError } from "../api/client";
import { createWorkflow } from "../api/workflows";
import { Button } from "../components/Button";
import { Dialog } from "../components/Dialog";
import { Field, inputClass } from "../components/Field";
import { useLocale, useMessages, translator } from "../i18n/useMessages";
import { navigate, workflowPath } from "../island/route";
import styles from "./CreateDialog.module.css";
import { listMessages } from "./messages";
import { templateGraph, templateNodeNames, type TemplateId } from "./templates";

const TEMPLATES: { id: TemplateId; icon: LucideIcon; title: "blank" | "webhookTemplate" | "scheduleTemplate" | "databaseTemplate" }[] = [
  { id: "blank", icon: FilePlus2, title: "blank" },
  { id: "webhook", icon: Webhook, title: "webhookTemplate" },
  { id: "database", icon: Database, title: "databaseTemplate" },
  { id: "schedule", icon: CalendarClock, title: "scheduleTemplate" },
];

export function CreateDialog({ onClose }: { onClose: () => void }) {
  const t = useMessages(listMessages);
  const locale = useLocale();
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [template, setTemplate] = useState<TemplateId>("blank");
  const [touched, setTouched] = useState(false);
  const create = useMutation({
    mutationFn: () => {
      const timezone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
      return createWorkflow(name.trim(), templateGraph(template, translator(templateNodeNames, locale), timezone));
    },
    onSuccess: (workflow) => {
      void client.invalidateQueries({ queryKey: ["workflows"] });
      onClose();
      navigate(workflowPath(workflow.id));
    },
  });
  const submit = () => {
    setTouched(true);
    if (name.trim() && !create.isPending) create.mutate();
  };
  const error = touched && !name.trim() ? t("nameNeeded") : create.isError ? describeError(create.error) : null;
  return (
    <Dialog
      title={t("createTitle")}
      onClose={onClose}
      onSubmit={submit}
      testId="create-dialog"
      footer={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" variant="primary" busy={create.isPending} testId="create-submit">
            {t("createSubmit")}
          </Button>
        </>
      }
    >
      <Field label={t("nameLabel")} error={error} required>
        {({ id, describedBy, invalid }) => (
          <input
            id={id}
            className={inputClass}
            aria-describedby={describedBy}
            aria-invalid={invalid}
            data-autofocus
            data-testid="create-name"
            maxLength={200}
            placeholder={t("namePlaceholder")}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      <fieldset className={styles.templates}>
        <legend className={styles.legend}>{t("createStart")}</legend>
        {TEMPLATES.map(({ id, icon: Icon, title }) => (
          <label key={id} className={styles.template} data-testid={`create-template-${id}`}>
            <input type="radio" name="template" value={id} checked={template === id} onChange={() => setTemplate(id)} />
            <span className={styles.icon} aria-hidden>
              <Icon size={20} />
            </span>
            <span>
              <span className={styles.title}>{t(title)}</span>
              <span className={styles.text}>{t(`${title}Text`)}</span>
            </span>
          </label>
        ))}
      </fieldset>
    </Dialog>
  );
}
