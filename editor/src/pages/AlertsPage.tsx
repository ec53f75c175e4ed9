import { AlertsView } from "../alerts/AlertsView";
import { alertMessages } from "../alerts/messages";
import list from "../components/list.module.css";
import { useMessages } from "../i18n/useMessages";

/** Who is told when something breaks. */
export function AlertsPage() {
  const t = useMessages(alertMessages);
  return (
    <main className={list.page}>
      <div className={list.content}>
        <header>
          <h1 className={list.title}>{t("title")}</h1>
          <p className={list.muted}>{t("intro")}</p>
        </header>
        <AlertsView />
      </div>
    </main>
  );
}
