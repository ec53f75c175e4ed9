import { X } from "lucide-react";
import { useState } from "react";
import { useLocale, useMessages } from "../i18n/useMessages";
import type { FormIssue } from "./issueIndex";
import { propertiesMessages } from "./messages";
import { isRule, offeredRules, ruleLabel } from "./retryRules";
import { SettingField } from "./SettingField";
import { SuggestInput } from "./widgets/SuggestInput";
import widgets from "./widgets/widgets.module.css";

export interface RetryRulesProps {
  label: string;
  help: string;
  name: string;
  rules: readonly string[];
  readOnly: boolean;
  issues: readonly FormIssue[];
  onChange: (rules: string[]) => void;
}

/** Rules as chips; the usual ones are offered by name, statuses and codes of errors are typed. */
export function RetryRules({ label, help, name, rules, readOnly, issues, onChange }: RetryRulesProps) {
  const t = useMessages(propertiesMessages);
  const russian = useLocale().startsWith("ru");
  const [text, setText] = useState("");
  const wrong = text.trim() !== "" && !text.split(/[,\s]+/).filter(Boolean).every(isRule);

  function commit(typed: string): void {
    const parts = typed.split(/[,\s]+/).filter(Boolean);
    // A rule that is none waits in the field to be mended: the document takes none.
    if (parts.length === 0 || !parts.every(isRule)) return;
    onChange([...new Set([...rules, ...parts])]);
    setText("");
  }

  return (
    <SettingField label={label} help={help} name={name} issues={issues} fault={wrong ? t("retryRuleWrong") : null}>
      {({ inputId, describedBy, invalid }) => (
        <div className={widgets.rules}>
          {rules.map((rule) => (
            <span key={rule} className={widgets.chip} title={rule}>
              {ruleLabel(rule, russian)}
              {!readOnly && (
                <button type="button" data-testid="chip-remove" aria-label={t("removeValue", { value: ruleLabel(rule, russian) })} onClick={() => onChange(rules.filter((one) => one !== rule))}>
                  <X size={12} aria-hidden />
                </button>
              )}
            </span>
          ))}
          {!readOnly && (
            <SuggestInput
              value={text}
              onChange={setText}
              onCommit={commit}
              suggestions={offeredRules(rules, russian)}
              label={label}
              inputId={inputId}
              describedBy={describedBy}
              invalid={invalid}
              placeholder={t("retryRuleAdd")}
            />
          )}
        </div>
      )}
    </SettingField>
  );
}
