import { ChevronLeft } from "lucide-react";
import { readFilter, writeFilter } from "../deliveries/deliveryFilter";
import { DeliveriesView } from "../deliveries/DeliveriesView";
import styles from "../deliveries/deliveries.module.css";
import { deliveryMessages } from "../deliveries/messages";
import { useMessages } from "../i18n/useMessages";
import { Link } from "../island/Link";
import { navigate } from "../island/route";

/** All deliveries that the user may see; what is looked for stands in the address. */
export function DeliveriesPage({ search }: { search: string }) {
  const t = useMessages(deliveryMessages);
  return (
    <main className={styles.page}>
      <div className={styles.content}>
        <header>
          <Link to="/" className={styles.back}>
            <ChevronLeft size={16} aria-hidden /> {t("toList")}
          </Link>
          <h1 className={styles.title}>{t("title")}</h1>
        </header>
        <DeliveriesView filter={readFilter(search)} onFilter={(filter) => navigate(`/deliveries${writeFilter(filter)}`, { replace: true })} />
      </div>
    </main>
  );
}
