import { useLocale, useMessages } from "../i18n/useMessages";
import type { Execution } from "../api/types";
import { propertiesMessages } from "./messages";
import styles from "./panes.module.css";

/** Says which run the data is from. */
export function DataSource({ execution }: { execution: Execution | null }) {
  const t = useMessages(propertiesMessages);
  const locale = useLocale();
  const started = execution?.started_at ?? execution?.created_at;
  if (!execution) {
    return (
      <span className={styles.source} title={t("dataSampleHelp")}>
        {t("dataSample")}
      </span>
    );
  }
  const moment = started ? new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(new Date(started)) : "";
  return (
    <span className={styles.source} data-state={execution.state} title={execution.id}>
      {t("dataExecution", { moment })}
    </span>
  );
}
