import { Bell, Database, History, Inbox, ListOrdered, MailX, Workflow, type LucideIcon } from "lucide-react";
import { useEffect, useRef } from "react";
import { useMessages } from "../i18n/useMessages";
import { Link } from "../island/Link";
import { useRoute, type Route } from "../island/route";
import styles from "./AreaNav.module.css";
import { navMessages } from "./navMessages";

interface Area {
  page: Route["page"] & keyof typeof navMessages.en;
  to: string;
  icon: LucideIcon;
}

const AREAS: readonly Area[] = [
  { page: "list", to: "/", icon: Workflow },
  { page: "executions", to: "/executions", icon: History },
  { page: "deliveries", to: "/deliveries", icon: Inbox },
  { page: "queue", to: "/queue", icon: ListOrdered },
  { page: "deadLetters", to: "/dead-letters", icon: MailX },
  { page: "alerts", to: "/alerts", icon: Bell },
  { page: "storage", to: "/storage", icon: Database },
];

/** The way between the pages. The canvas needs the room for itself, and has its own way back. */
export function AreaNav() {
  const t = useMessages(navMessages);
  const route = useRoute();
  const list = useRef<HTMLUListElement>(null);
  // On a phone the row is longer than the screen: where one is must be seen.
  useEffect(() => {
    const shown = list.current?.querySelector<HTMLElement>('[aria-current="page"]');
    if (shown && list.current?.parentElement) list.current.parentElement.scrollLeft = shown.offsetLeft - 40;
  }, [route.page]);
  if (!AREAS.some((area) => area.page === route.page)) return null;
  return (
    <nav className={styles.nav} aria-label={t("label")}>
      <ul ref={list} className={styles.areas}>
        {AREAS.map(({ page, to, icon: Icon }) => (
          <li key={page}>
            <Link to={to} className={styles.area} aria-current={route.page === page ? "page" : undefined} data-testid={`open-${page}`}>
              <Icon size={16} aria-hidden />
              {t(page)}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
