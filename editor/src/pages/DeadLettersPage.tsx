import list from "../components/list.module.css";
import { DeadLettersView } from "../deadLetters/DeadLettersView";
import { deadLetterMessages } from "../deadLetters/messages";
import { useMessages } from "../i18n/useMessages";

/** What failed for good in all workflows that the user may see. */
export function DeadLettersPage() {
  const t = useMessages(deadLetterMessages);
  return (
    <main className={list.page}>
      <div className={list.content}>
        <header>
          <h1 className={list.title}>{t("title")}</h1>
          <p className={list.muted}>{t("intro")}</p>
        </header>
        <DeadLettersView />
      </div>
    </main>
  );
}
