import list from "../components/list.module.css";
import { ChevronLeft } from "lucide-react";
import { readFilter, writeFilter } from "../deliveries/deliveryFilter";
import { DeliveriesView } from "../deliveries/DeliveriesView";
import { deliveryMessages } from "../deliveries/messages";
import { useMessages } from "../i18n/useMessages";
import { Link } from "../island/Link";
import { navigate } from "../island/route";

/** All deliveries that the user may see; what is looked for stands in the address. */
export function DeliveriesPage({ search }: { search: string }) {
  const t = useMessages(deliveryMessages);
  return (
    <main className={list.page}>
      <div className={list.content}>
        <header>
          <Link to="/" className={list.back}>
            <ChevronLeft size={16} aria-hidden /> {t("toList")}
          </Link>
          <h1 className={list.title}>{t("title")}</h1>
        </header>
        <DeliveriesView filter={readFilter(search)} onFilter={(filter) => navigate(`/deliveries${writeFilter(filter)}`, { replace: true })} />
      </div>
    </main>
  );
}
