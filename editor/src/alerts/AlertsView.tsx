import { CircleX } from "lucide-react";
import { useState } from "react";
import { useAlertChannels, useAlertRules } from "../api/alerts";
import { describeError } from "../api/client";
import { Button } from "../components/Button";
import { EmptyState } from "../components/EmptyState";
import list from "../components/list.module.css";
import { Spinner } from "../components/Spinner";
import { Tabs } from "../components/Tabs";
import { useMessages } from "../i18n/useMessages";
import { ChannelsPanel } from "./ChannelsPanel";
import { HistoryPanel } from "./HistoryPanel";
import { alertMessages } from "./messages";
import { RulesPanel } from "./RulesPanel";

const PARTS = ["rules", "channels", "history"] as const;

/** Rules, channels, and what was sent. */
export function AlertsView() {
  const t = useMessages(alertMessages);
  const [part, setPart] = useState<(typeof PARTS)[number]>("rules");
  const rules = useAlertRules();
  const channels = useAlertChannels();
  if (rules.isPending || channels.isPending) {
    return (
      <div className={list.empty}>
        <Spinner label={t("loading")} />
      </div>
    );
  }
  if (!rules.data || !channels.data) {
    const retry = () => void Promise.all([rules.refetch(), channels.refetch()]);
    return <EmptyState alert icon={<CircleX />} title={t("failedTitle")} text={describeError(rules.error ?? channels.error)} actions={<Button onClick={retry}>{t("retry")}</Button>} />;
  }
  return (
    <div className={list.view}>
      <Tabs tabs={PARTS.map((id) => ({ id, label: t(id) }))} selected={part} onSelect={setPart} label={t("tabs")}>
        {part === "rules" && <RulesPanel rules={rules.data} channels={channels.data.channels} />}
        {part === "channels" && <ChannelsPanel channels={channels.data.channels} notifiers={channels.data.notifiers} defaultLanguage={channels.data.default_language} />}
        {part === "history" && <HistoryPanel />}
      </Tabs>
    </div>
  );
}
