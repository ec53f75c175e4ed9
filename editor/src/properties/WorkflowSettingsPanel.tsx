import { useMemo, useState } from "react";
import { NO_LANGUAGE } from "../expressions/complete";
import { EMPTY_SCOPE } from "../expressions/scope";
import { useMessages } from "../i18n/useMessages";
import type { JsonObject } from "../schema/jsonSchema";
import { useEditor } from "../store/editorStore";
import { FormProvider, type FormContextValue } from "./formContext";
import { propertiesMessages } from "./messages";
import styles from "./properties.module.css";
import { RedactionRules } from "./RedactionRules";
import { SettingField } from "./SettingField";
import { SettingNumber } from "./SettingNumber";
import { PairsEditor } from "./widgets/PairsEditor";
import { TagInput } from "./widgets/TagInput";
import { TimezonePicker } from "./widgets/TimezonePicker";
import widgets from "./widgets/widgets.module.css";

/** Name, description, time zone, concurrency, tags and variables of the open workflow. */
export function WorkflowSettingsPanel({ readOnly = false }: { readOnly?: boolean }) {
  const t = useMessages(propertiesMessages);
  const graph = useEditor((state) => state.graph);
  const renameWorkflow = useEditor((state) => state.renameWorkflow);
  const setSettings = useEditor((state) => state.setSettings);
  const allIssues = useEditor((state) => state.issues);
  const [name, setName] = useState<string | null>(null);
  const form = useSettingsForm(graph?.id ?? "", graph?.settings.timezone ?? "UTC", readOnly);
  if (!graph) return null;
  const { settings } = graph;
  const issuesOf = (field: string) => allIssues.filter((issue) => !issue.node_id && issue.field === field);
  return (
    <FormProvider value={form}>
      <div className={styles.fields} data-testid="workflow-settings">
        <SettingField label={t("workflowName")} name="name" issues={issuesOf("name")} fault={name !== null && name.trim() === "" ? t("complaint.required") : null}>
          {(ids) => (
            <input
              id={ids.inputId}
              className={widgets.input}
              value={name ?? graph.name}
              maxLength={200}
              readOnly={readOnly}
              aria-describedby={ids.describedBy}
              aria-invalid={ids.invalid || undefined}
              onChange={(event) => {
                // A workflow always has a name: an emptied one waits here until it is filled.
                setName(event.target.value.trim() === "" ? event.target.value : null);
                if (event.target.value.trim() !== "") renameWorkflow(event.target.value);
              }}
              onBlur={() => setName(null)}
            />
          )}
        </SettingField>
        <SettingField label={t("workflowId")} name="id" help={t("workflowIdHelp")}>
          {(ids) => <input id={ids.inputId} className={widgets.input} data-mono value={graph.id} readOnly aria-describedby={ids.describedBy} />}
        </SettingField>
        <SettingField label={t("description")} name="settings.description" issues={issuesOf("settings.description")}>
          {(ids) => (
            <textarea
              id={ids.inputId}
              className={widgets.input}
              rows={3}
              maxLength={10_000}
              value={settings.description}
              readOnly={readOnly}
              onChange={(event) => setSettings({ description: event.target.value }, "settings:description")}
            />
          )}
        </SettingField>
        <SettingField label={t("timezone")} name="settings.timezone" help={t("timezoneHelp")} issues={issuesOf("settings.timezone")}>
          {(ids) => (
            <TimezonePicker value={settings.timezone} label={t("timezone")} inputId={ids.inputId} describedBy={ids.describedBy} invalid={ids.invalid} readOnly={readOnly} onChange={(zone) => setSettings({ timezone: zone }, "settings:timezone")} />
          )}
        </SettingField>
        <SettingNumber label={t("maxActiveRuns")} help={t("maxActiveRunsHelp")} name="settings.max_active_runs" integer minimum={1} maximum={1000} value={settings.max_active_runs} readOnly={readOnly} issues={issuesOf("settings.max_active_runs")} onChange={(value) => value !== null && setSettings({ max_active_runs: value }, "settings:max_active_runs")} />
        <SettingNumber label={t("priority")} help={t("priorityHelp")} name="settings.priority" integer minimum={-10} maximum={10} value={settings.priority} readOnly={readOnly} issues={issuesOf("settings.priority")} onChange={(value) => value !== null && setSettings({ priority: value }, "settings:priority")} />
        <SettingField label={t("tags")} name="settings.tags" issues={issuesOf("settings.tags")}>
          {(ids) => <TagInput values={settings.tags} inputId={ids.inputId} label={t("tags")} onChange={(tags) => setSettings({ tags }, "settings:tags")} />}
        </SettingField>
        <RedactionRules
          rules={settings.redact}
          readOnly={readOnly}
          issues={allIssues.filter((issue) => !issue.node_id && issue.field?.startsWith("settings.redact"))}
          onChange={(redact) => setSettings({ redact }, "settings:redact")}
        />
        <SettingNumber label={t("keepDays")} help={t("keepDaysHelp")} name="settings.keep_days" integer nullable minimum={0} maximum={36_500} value={settings.keep_days} readOnly={readOnly} issues={issuesOf("settings.keep_days")} onChange={(value) => setSettings({ keep_days: value }, "settings:keep_days")} />
        <SettingField label={t("variables")} name="settings.variables" help={t("variablesHelp")} issues={issuesOf("settings.variables")}>
          {() => (
            <PairsEditor
              value={settings.variables as JsonObject}
              path={["settings", "variables"]}
              label={t("variables")}
              constants
              checkName={(variable) => (/^[A-Za-z_]\w*$/.test(variable) ? null : t("variableName"))}
              onChange={(variables) => setSettings({ variables: variables as Record<string, unknown> }, "settings:variables")}
            />
          )}
        </SettingField>
      </div>
    </FormProvider>
  );
}

/** Settings hold constants, so there is nothing to complete and nothing to preview. */
function useSettingsForm(workflowId: string, timezone: string, readOnly: boolean): FormContextValue {
  return useMemo(
    () => ({
      formId: `${workflowId}/settings`,
      workflowId,
      workflowTimezone: timezone,
      issues: [],
      scope: EMPTY_SCOPE,
      source: { scope: () => EMPTY_SCOPE, language: () => NO_LANGUAGE },
      readOnly,
      setAt: () => undefined,
    }),
    [workflowId, timezone, readOnly],
  );
}
