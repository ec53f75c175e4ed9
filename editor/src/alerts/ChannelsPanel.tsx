import { Send } from "lucide-react";
import { useState } from "react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ALERTS_KEY, deleteChannel, testChannel, type AlertChannel } from "../api/alerts";
import { describeError } from "../api/client";
import { Badge } from "../components/Badge";
import { Button } from "../components/Button";
import list from "../components/list.module.css";
import { toast } from "../components/Toast";
import { useLocale, useMessages } from "../i18n/useMessages";
import { usePermissions } from "../session/usePermissions";
import styles from "./alerts.module.css";
import { AlertTable, RowButtons } from "./AlertTable";
import { ChannelDialog } from "./ChannelDialog";
import { alertMessages } from "./messages";
import { RemoveDialog } from "./RemoveDialog";

const TONES = { unused: "neutral", ok: "success", failing: "danger", off: "neutral" } as const;

type Asking = { kind: "edit"; channel: AlertChannel | null } | { kind: "remove"; channel: AlertChannel } | null;

export interface ChannelsPanelProps {
  channels: readonly AlertChannel[];
  notifiers: readonly string[];
  defaultLanguage: string;
}

/** Where alerts go, whether each place works, and a way to try it. */
export function ChannelsPanel({ channels, notifiers, defaultLanguage }: ChannelsPanelProps) {
  const t = useMessages(alertMessages);
  const refusal = usePermissions();
  const [asking, setAsking] = useState<Asking>(null);
  const close = () => setAsking(null);
  return (
    <div className={styles.panel}>
      <AlertTable
        testId="alert-channels"
        titles={[t("name"), t("health"), t("channelKind")]}
        empty={{ title: t("noChannelsTitle"), text: t("noChannelsText") }}
        create={{ label: t("newChannel"), testId: "new-channel", disabledReason: refusal("operate"), onClick: () => setAsking({ kind: "edit", channel: null }) }}
      >
        {channels.map((channel) => (
          <Row key={channel.id} channel={channel} onAsk={setAsking} />
        ))}
      </AlertTable>
      {asking?.kind === "edit" && <ChannelDialog channel={asking.channel} channels={channels} notifiers={notifiers} defaultLanguage={defaultLanguage} onClose={close} />}
      {asking?.kind === "remove" && <RemoveDialog name={asking.channel.name} text={t("removeChannel")} remove={() => deleteChannel(asking.channel.id)} onClose={close} />}
    </div>
  );
}

function Row({ channel, onAsk }: { channel: AlertChannel; onAsk: (asking: Asking) => void }) {
  const t = useMessages(alertMessages);
  const locale = useLocale();
  const refusal = usePermissions();
  const client = useQueryClient();
  const test = useMutation({
    mutationFn: () => testChannel(channel.id),
    onSuccess: (answer) => toast(answer.ok ? { tone: "success", title: t("testOk") } : { tone: "error", title: t("testFailed"), detail: answer.message }),
    onError: (error) => {
      toast({ tone: "error", title: t("failed"), detail: describeError(error) });
    },
    onSettled: () => client.invalidateQueries({ queryKey: ALERTS_KEY }),
  });
  const kept = channel.source === "environment" ? t("madeAgain") : null;
  return (
    <tr className={list.row} data-testid={`channel-${channel.id}`}>
      <td className={list.name}>
        <strong>{channel.name}</strong>
      </td>
      <td className={list.wide}>
        <Badge tone={TONES[channel.health]} dot>
          {t(`health.${channel.health}`)}
        </Badge>{" "}
        {channel.failing_since && <span className={list.muted}>{t("since", { time: new Date(channel.failing_since).toLocaleString(locale) })}</span>}
        {channel.last_error && <p className={list.error}>{channel.last_error}</p>}
      </td>
      <td data-label={t("channelKind")}>
        <span>
          {t(`channel.${channel.kind}`)}{" "}
          <span className={list.muted}>
            {t("usedBy", { count: channel.used_by })}
            {channel.source === "environment" && ` · ${t("fromEnvironment")}`}
          </span>
        </span>
      </td>
      <td className={list.rowActions}>
        <Button size="small" icon={<Send />} busy={test.isPending} disabledReason={refusal("operate")} testId={`test-${channel.id}`} onClick={() => test.mutate()}>
          {t("test")}
        </Button>
        <RowButtons id={channel.id} name={channel.name} refused={refusal("operate")} kept={kept ?? (channel.used_by > 0 ? t("inUse") : null)} onEdit={() => onAsk({ kind: "edit", channel })} onRemove={() => onAsk({ kind: "remove", channel })} />
      </td>
    </tr>
  );
}
