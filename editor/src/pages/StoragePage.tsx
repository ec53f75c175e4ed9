import list from "../components/list.module.css";
import { useMessages } from "../i18n/useMessages";
import { storageMessages } from "../storage/messages";
import { StorageView } from "../storage/StorageView";

/** What is kept, how long, and how much room it takes. */
export function StoragePage() {
  const t = useMessages(storageMessages);
  return (
    <main className={list.page}>
      <div className={list.content}>
        <h1 className={list.title}>{t("title")}</h1>
        <StorageView />
      </div>
    </main>
  );
}
