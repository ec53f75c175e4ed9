import list from "../components/list.module.css";
import { readFilter, writeFilter } from "../executions/executionFilter";
import { ExecutionsView } from "../executions/ExecutionsView";
import { executionsMessages } from "../executions/messages";
import { useMessages } from "../i18n/useMessages";
import { navigate } from "../island/route";

/** All executions that the user may see; what is looked for stands in the address. */
export function ExecutionsPage({ search }: { search: string }) {
  const t = useMessages(executionsMessages);
  return (
    <main className={list.page}>
      <div className={list.content}>
        <h1 className={list.title}>{t("title")}</h1>
        <ExecutionsView filter={readFilter(search)} onFilter={(filter) => navigate(`/executions${writeFilter(filter)}`, { replace: true })} />
      </div>
    </main>
  );
}
