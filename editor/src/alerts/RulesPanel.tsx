import { useState } from "react";
import { deleteRule, type AlertChannel, type AlertRule } from "../api/alerts";
import { Badge } from "../components/Badge";
import list from "../components/list.module.css";
import { useMessages } from "../i18n/useMessages";
import { usePermissionsInList } from "../session/usePermissions";
import styles from "./alerts.module.css";
import { AlertTable, RowButtons } from "./AlertTable";
import { alertMessages } from "./messages";
import { RemoveDialog } from "./RemoveDialog";
import { RuleDialog } from "./RuleDialog";

type Asking = { kind: "edit"; rule: AlertRule | null } | { kind: "remove"; rule: AlertRule } | null;

/** What is told, about which workflow, and where. */
export function RulesPanel({ rules, channels }: { rules: readonly AlertRule[]; channels: readonly AlertChannel[] }) {
  const t = useMessages(alertMessages);
  const { refusalOf, anywhere } = usePermissionsInList("operate");
  const [asking, setAsking] = useState<Asking>(null);
  const close = () => setAsking(null);
  const nameOf = (rule: AlertRule) => rule.name || t(`rule.${rule.kind}`);
  const nameOfChannel = (id: string) => channels.find((one) => one.id === id)?.name ?? id;
  return (
    <div className={styles.panel}>
      <AlertTable
        testId="alert-rules"
        titles={[t("name"), t("state"), t("kind"), t("workflow"), t("goesTo")]}
        empty={{ title: t("noRulesTitle"), text: t("noRulesText") }}
        create={{ label: t("newRule"), testId: "new-rule", disabledReason: anywhere ?? (channels.length === 0 ? t("channelFirst") : null), onClick: () => setAsking({ kind: "edit", rule: null }) }}
      >
        {rules.map((rule) => {
          const kept = rule.source === "environment" ? t("madeAgain") : null;
          return (
            <tr key={rule.id} className={list.row} data-testid={`rule-${rule.id}`}>
              <td className={list.name}>
                <strong>{nameOf(rule)}</strong>
              </td>
              <td className={list.wide}>
                <Badge tone={rule.enabled ? "success" : "neutral"} dot>
                  {t(rule.enabled ? "on" : "off")}
                </Badge>{" "}
                {kept !== null && <span className={list.muted}>{t("fromEnvironment")}</span>}
              </td>
              <td data-label={t("kind")}>{t(`rule.${rule.kind}`)}</td>
              <td data-label={t("workflow")}>{rule.workflow_id ?? t("everythingShort")}</td>
              <td data-label={t("goesTo")}>{(rule.channel_ids ?? []).map(nameOfChannel).join(", ") || t("nowhere")}</td>
              <td className={list.rowActions}>
                <RowButtons id={rule.id} name={nameOf(rule)} refused={refusalOf(rule.workflow_id ?? null)} kept={kept} onEdit={() => setAsking({ kind: "edit", rule })} onRemove={() => setAsking({ kind: "remove", rule })} />
              </td>
            </tr>
          );
        })}
      </AlertTable>
      {asking?.kind === "edit" && <RuleDialog rule={asking.rule} channels={channels} onClose={close} />}
      {asking?.kind === "remove" && <RemoveDialog name={nameOf(asking.rule)} text={t("removeRule")} remove={() => deleteRule(asking.rule.id)} onClose={close} />}
    </div>
  );
}
