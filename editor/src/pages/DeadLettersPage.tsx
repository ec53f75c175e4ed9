import list from "../components/list.module.css";
import { DeadLettersView } from "../deadLetters/DeadLettersView";
import { deadLetterMessages } from "../deadLetters/messages";
import { useMessages } from "../i18n/useMessages";

/** What failed for good in all workflows that the user may see, or in the one that the address names. */
export function DeadLettersPage({ search }: { search: string }) {
  const t = useMessages(deadLetterMessages);
  return (
    <main className={list.page}>
      <div className={list.content}>
        <header>
          <h1 className={list.title}>{t("title")}</h1>
          <p className={list.muted}>{t("intro")}</p>
        </header>
        <DeadLettersView workflowId={new URLSearchParams(search).get("workflow")} />
      </div>
    </main>
  );
}
