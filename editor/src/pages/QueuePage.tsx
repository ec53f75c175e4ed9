import list from "../components/list.module.css";
import { useMessages } from "../i18n/useMessages";
import { queueMessages } from "../queue/messages";
import { QueueView } from "../queue/QueueView";

/** What waits and runs, and how it is held and released; the workflow that is looked at stands in the address. */
export function QueuePage({ search }: { search: string }) {
  const t = useMessages(queueMessages);
  return (
    <main className={list.page}>
      <div className={list.content}>
        <h1 className={list.title}>{t("title")}</h1>
        <QueueView workflowId={new URLSearchParams(search).get("workflow")} />
      </div>
    </main>
  );
}
