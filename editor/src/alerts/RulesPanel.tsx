import { BellOff, PencilLine, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { deleteRule, type AlertChannel, type AlertRule } from "../api/alerts";
import { Badge } from "../components/Badge";
import { Button } from "../components/Button";
import { EmptyState } from "../components/EmptyState";
import { IconButton } from "../components/IconButton";
import list from "../components/list.module.css";
import { useMessages } from "../i18n/useMessages";
import { usePermissions } from "../session/usePermissions";
import styles from "./alerts.module.css";
import { alertMessages } from "./messages";
import { RemoveDialog } from "./RemoveDialog";
import { RuleDialog } from "./RuleDialog";

type Asking = { kind: "edit"; rule: AlertRule | null } | { kind: "remove"; rule: AlertRule } | null;

/** What is told, about which workflow, and where. */
export function RulesPanel({ rules, channels }: { rules: readonly AlertRule[]; channels: readonly AlertChannel[] }) {
  const t = useMessages(alertMessages);
  const refusal = usePermissions();
  const [asking, setAsking] = useState<Asking>(null);
  const close = () => setAsking(null);
  const nameOf = (rule: AlertRule) => rule.name || t(`rule.${rule.kind}`);
  const create = (
    <Button variant="primary" icon={<Plus />} disabledReason={refusal("operate") ?? (channels.length === 0 ? t("channelFirst") : null)} testId="new-rule" onClick={() => setAsking({ kind: "edit", rule: null })}>
      {t("newRule")}
    </Button>
  );
  return (
    <div className={styles.panel}>
      {rules.length === 0 ? (
        <EmptyState icon={<BellOff />} title={t("noRulesTitle")} text={t("noRulesText")} actions={create} />
      ) : (
        <>
          <div className={list.bar}>{create}</div>
          <table className={list.table} data-testid="alert-rules">
            <thead>
              <tr>
                <th scope="col">{t("name")}</th>
                <th scope="col">{t("state")}</th>
                <th scope="col">{t("kind")}</th>
                <th scope="col">{t("workflow")}</th>
                <th scope="col">{t("goesTo")}</th>
                <th scope="col">
                  <span className="ff-visually-hidden">{t("actions")}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {rules.map((rule) => {
                const kept = rule.source === "environment" ? t("madeAgain") : null;
                return (
                  <tr key={rule.id} className={list.row} data-testid={`rule-${rule.id}`}>
                    <td className={styles.name}>{nameOf(rule)}</td>
                    <td className={styles.stateCell}>
                      <Badge tone={rule.enabled ? "success" : "neutral"} dot>
                        {t(rule.enabled ? "on" : "off")}
                      </Badge>{" "}
                      {kept !== null && <span className={list.muted}>{t("fromEnvironment")}</span>}
                    </td>
                    <td data-label={t("kind")}>{t(`rule.${rule.kind}`)}</td>
                    <td data-label={t("workflow")}>{rule.workflow_id ?? t("everythingShort")}</td>
                    <td data-label={t("goesTo")}>{(rule.channel_ids ?? []).map((id) => channels.find((one) => one.id === id)?.name ?? id).join(", ") || t("nowhere")}</td>
                    <td className={styles.menu}>
                      <IconButton label={`${t("edit")} ${nameOf(rule)}`} tooltip={t("edit")} disabledReason={refusal("operate")} testId={`edit-${rule.id}`} onClick={() => setAsking({ kind: "edit", rule })}>
                        <PencilLine />
                      </IconButton>
                      <IconButton label={`${t("remove")} ${nameOf(rule)}`} tooltip={t("remove")} disabledReason={refusal("operate") ?? kept} testId={`remove-${rule.id}`} onClick={() => setAsking({ kind: "remove", rule })}>
                        <Trash2 />
                      </IconButton>
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </>
      )}
      {asking?.kind === "edit" && <RuleDialog rule={asking.rule} channels={channels} onClose={close} />}
      {asking?.kind === "remove" && <RemoveDialog name={nameOf(asking.rule)} text={t("removeRule")} remove={() => deleteRule(asking.rule.id)} onClose={close} />}
    </div>
  );
}
