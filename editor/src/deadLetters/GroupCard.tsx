import { CircleCheck, RotateCcw } from "lucide-react";
import { useState } from "react";
import type { DeadLetterGroup } from "../api/deadLetters";
import { Badge } from "../components/Badge";
import { Button } from "../components/Button";
import { formatAgo } from "../components/formatAgo";
import list from "../components/list.module.css";
import { useLocale, useMessages } from "../i18n/useMessages";
import { Link } from "../island/Link";
import { workflowPath } from "../island/route";
import { usePermissionsInList } from "../session/usePermissions";
import styles from "./deadLetters.module.css";
import { DiscardDialog } from "./DiscardDialog";
import { GroupDetail } from "./GroupDetail";
import { deadLetterMessages } from "./messages";
import { RedriveDialog } from "./RedriveDialog";
import { RedriveProgress } from "./RedriveProgress";

/** Some, or all open ones of a group when `ids` is null. */
export interface Chosen {
  action: "redrive" | "discard";
  ids: string[] | null;
}

/** One cause: how often, since when, and what is to be done about it. */
export function GroupCard({ group }: { group: DeadLetterGroup }) {
  const t = useMessages(deadLetterMessages);
  const locale = useLocale();
  const { refusalOf } = usePermissionsInList("operate");
  const [shown, setShown] = useState(false);
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const none = refusalOf(group.workflow_id) ?? (group.open === 0 ? t("noneOpen") : null);
  const count = chosen?.ids?.length ?? group.open;
  return (
    <li className={styles.group} data-testid={`group-${group.id}`}>
      <div className={styles.head}>
        <div className={styles.about}>
          <p className={styles.facts}>
            <Link to={workflowPath(group.workflow_id)} className={list.link}>
              {group.workflow_name}
            </Link>
            {group.source === "delivery" ? <Badge>{t("delivery")}</Badge> : group.node_id !== null && <span>{t("step", { step: group.node_name ?? group.node_id })}</span>}
            <code className={styles.code}>{group.code}</code>
          </p>
          <p className={styles.cause}>{group.title}</p>
          <p className={styles.message}>{group.message}</p>
          <p className={list.muted}>
            {t("first", { time: formatAgo(group.first_at, locale) })} · {t("last", { time: formatAgo(group.last_at, locale) })}
          </p>
        </div>
        <Badge tone={group.open > 0 ? "danger" : "neutral"} testId="group-count">
          {t("openOf", { open: group.open, total: group.total })}
        </Badge>
      </div>
      {group.redrive && <RedriveProgress redrive={group.redrive} workflowId={group.workflow_id} />}
      <div className={styles.buttons}>
        <Button size="small" icon={<RotateCcw />} disabledReason={none ?? (group.redrive?.state === "running" ? t("isRunning") : null)} testId="redrive-all" onClick={() => setChosen({ action: "redrive", ids: null })}>
          {t("redriveAll")}
        </Button>
        <Button size="small" icon={<CircleCheck />} disabledReason={none} testId="discard-all" onClick={() => setChosen({ action: "discard", ids: null })}>
          {t("discardAll")}
        </Button>
        <Button size="small" variant="ghost" aria-expanded={shown} testId="group-details" onClick={() => setShown(!shown)}>
          {t(shown ? "hide" : "details")}
        </Button>
      </div>
      {shown && <GroupDetail group={group} onChoose={setChosen} />}
      {chosen?.action === "redrive" && <RedriveDialog groupId={group.id} ids={chosen.ids} count={count} onClose={() => setChosen(null)} />}
      {chosen?.action === "discard" && <DiscardDialog groupId={group.id} ids={chosen.ids} count={count} onClose={() => setChosen(null)} />}
    </li>
  );
}
