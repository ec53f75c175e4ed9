import { useMutation, useQueryClient } from "@tanstack/react-query";
import { CalendarClock, Database, FilePlus2, Search, Webhook, type LucideIcon } from "lucide-react";
import { useMemo, useState } from "react";
import { describeError } from "../api/client";
import { useNodeTypes, useTemplates } from "../api/queries";
import { createWorkflow, readTemplate } from "../api/workflows";
import { Button } from "../components/Button";
import { Dialog } from "../components/Dialog";
import { Field, inputClass } from "../components/Field";
import { Spinner } from "../components/Spinner";
import { useLocale, useMessages, translator } from "../i18n/useMessages";
import { navigate, workflowPath } from "../island/route";
import styles from "./CreateDialog.module.css";
import { listMessages } from "./messages";
import { holdsAll, searchTemplates, wordsOf } from "./searchTemplates";
import { ChoiceCard, TemplateCard } from "./TemplateCard";
import { adoptTemplate, templateGraph, templateNodeNames, type TemplateId } from "./templates";

const QUICK: { id: TemplateId; icon: LucideIcon; title: "blank" | "webhookTemplate" | "scheduleTemplate" | "databaseTemplate" }[] = [
  { id: "blank", icon: FilePlus2, title: "blank" },
  { id: "webhook", icon: Webhook, title: "webhookTemplate" },
  { id: "database", icon: Database, title: "databaseTemplate" },
  { id: "schedule", icon: CalendarClock, title: "scheduleTemplate" },
];

/** A name, and what to begin with: a few nodes, or a whole workflow that comes with FlowForge. */
export function CreateDialog({ onClose }: { onClose: () => void }) {
  const t = useMessages(listMessages);
  const locale = useLocale();
  const client = useQueryClient();
  const templates = useTemplates();
  const types = useNodeTypes();
  const nodeTypes = useMemo(() => new Map((types.data ?? []).map((type) => [type.type, type])), [types.data]);
  const [name, setName] = useState("");
  const [search, setSearch] = useState("");
  const [chosen, setChosen] = useState("quick:blank");
  const [touched, setTouched] = useState(false);

  const template = templates.data?.find((one) => `example:${one.id}` === chosen);
  // A workflow that comes with FlowForge has a name already; a person may give it another one.
  const given = name.trim() || (template ? (locale.startsWith("ru") ? template.name_ru : template.name) : "");
  const create = useMutation({
    mutationFn: async () => {
      const timezone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
      const graph = template
        ? adoptTemplate((await readTemplate(template.id)).graph, timezone)
        : templateGraph(chosen.replace("quick:", "") as TemplateId, translator(templateNodeNames, locale), timezone);
      return createWorkflow(given, graph);
    },
    onSuccess: (workflow) => {
      void client.invalidateQueries({ queryKey: ["workflows"] });
      onClose();
      navigate(workflowPath(workflow.id));
    },
  });
  const submit = () => {
    setTouched(true);
    if (given && !create.isPending) create.mutate();
  };
  const error = touched && !given ? t("nameNeeded") : create.isError ? describeError(create.error) : null;

  const found = searchTemplates(templates.data ?? [], search, nodeTypes);
  const quick = QUICK.filter((one) => holdsAll(`${t(one.title)} ${t(`${one.title}Text`)}`, wordsOf(search)));
  const sections = [
    { title: t("templatesReal"), members: found.filter((one) => one.kind === "template") },
    { title: t("templatesSteps"), members: found.filter((one) => one.kind === "example") },
  ];
  const choice = { chosen, onChoose: setChosen };
  return (
    <Dialog
      title={t("createTitle")}
      onClose={onClose}
      onSubmit={submit}
      size="large"
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
            placeholder={template ? given : t("namePlaceholder")}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      <fieldset className={styles.gallery}>
        <legend className={styles.legend}>{t("createStart")}</legend>
        <div className={styles.search}>
          <Search size={15} aria-hidden />
          <input
            type="search"
            className={inputClass}
            aria-label={t("templatesSearch")}
            placeholder={t("templatesSearch")}
            data-testid="create-search"
            value={search}
            // Enter searches, it does not create.
            onKeyDown={(event) => event.key === "Enter" && event.preventDefault()}
            onChange={(event) => setSearch(event.target.value)}
          />
        </div>
        {quick.length > 0 && (
          <div className={styles.templates} role="group" aria-label={t("templatesQuick")}>
            {quick.map(({ id, icon: Icon, title }) => (
              <ChoiceCard key={id} value={`quick:${id}`} testId={`create-template-${id}`} {...choice}>
                <span className={styles.icon} aria-hidden>
                  <Icon size={20} />
                </span>
                <span>
                  <span className={styles.title}>{t(title)}</span>
                  <span className={styles.text}>{t(`${title}Text`)}</span>
                </span>
              </ChoiceCard>
            ))}
          </div>
        )}
        {sections.map(
          ({ title, members }) =>
            members.length > 0 && (
              <div key={title} role="group" aria-label={title}>
                <h3 className={styles.section}>{title}</h3>
                <div className={styles.templates} data-wide>
                  {members.map((one) => (
                    <TemplateCard key={one.id} value={`example:${one.id}`} template={one} nodeTypes={nodeTypes} {...choice} />
                  ))}
                </div>
              </div>
            ),
        )}
        {templates.isPending && <Spinner label={t("templatesLoading")} />}
        {templates.isError && <p className={styles.nothing}>{t("templatesFailed", { message: describeError(templates.error) })}</p>}
        {templates.isSuccess && quick.length + found.length === 0 && <p className={styles.nothing}>{t("templatesNone", { search })}</p>}
      </fieldset>
    </Dialog>
  );
}
