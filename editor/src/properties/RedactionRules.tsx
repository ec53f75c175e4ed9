import { useState } from "react";
import { useMessages } from "../i18n/useMessages";
import type { FormIssue } from "./issueIndex";
import { propertiesMessages } from "./messages";
import { SettingField } from "./SettingField";
import widgets from "./widgets/widgets.module.css";

export interface RedactionRulesProps {
  rules: readonly string[];
  readOnly: boolean;
  issues: readonly FormIssue[];
  onChange: (rules: string[]) => void;
}

/** What executions hide: JSONPaths, one in each line. */
export function RedactionRules({ rules, readOnly, issues, onChange }: RedactionRulesProps) {
  const t = useMessages(propertiesMessages);
  // Empty lines are no rules, but whoever types needs them.
  const [text, setText] = useState<string | null>(null);
  return (
    <SettingField label={t("redact")} help={t("redactHelp")} name="settings.redact" issues={issues}>
      {({ inputId, describedBy, invalid }) => (
        <textarea
          id={inputId}
          className={widgets.input}
          data-mono
          rows={Math.min(8, Math.max(3, rules.length + 1))}
          spellCheck={false}
          autoCapitalize="off"
          placeholder={"$.trigger.body.card.number\n$..password"}
          value={text ?? rules.join("\n")}
          readOnly={readOnly}
          aria-describedby={describedBy}
          aria-invalid={invalid || undefined}
          onChange={(event) => {
            setText(event.target.value);
            onChange(readRules(event.target.value));
          }}
          onBlur={() => setText(null)}
        />
      )}
    </SettingField>
  );
}

export function readRules(text: string): string[] {
  return [...new Set(text.split("\n").map((line) => line.trim()).filter(Boolean))];
}
