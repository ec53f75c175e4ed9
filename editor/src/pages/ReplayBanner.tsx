import { History, X } from "lucide-react";
import type { Execution } from "../api/types";
import { Button } from "../components/Button";
import { StateBadge } from "../components/StateBadge";
import { useLocale, useMessages } from "../i18n/useMessages";
import { navigate, workflowPath } from "../island/route";
import { formatMoment } from "../runs/format";
import styles from "./EditorPage.module.css";
import { pageMessages } from "./messages";

/** Above the canvas while it shows a run. */
export function ReplayBanner({ workflowId, execution, other }: { workflowId: string; execution: Execution | null; other: boolean }) {
  const t = useMessages(pageMessages);
  const locale = useLocale();
  if (!execution) return null;
  return (
    <div className={styles.banner} data-testid="run-banner">
      <History size={16} aria-hidden />
      <span role="status">
        <StateBadge state={execution.state} />
      </span>
      <span className={styles.bannerText}>
        {t("replay", { when: formatMoment(execution.started_at ?? execution.created_at, locale) })}
        {other && <> · {execution.revision === null ? t("replayUnknown") : t("replayOther", { revision: execution.revision })}</>}
      </span>
      <Button size="small" icon={<X />} testId="leave-run" onClick={() => navigate(workflowPath(workflowId))}>
        {t(other ? "backToDraft" : "hideRun")}
      </Button>
    </div>
  );
}
