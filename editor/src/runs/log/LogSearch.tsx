import { ChevronDown, ChevronUp } from "lucide-react";
import { IconButton } from "../../components/IconButton";
import { useMessages } from "../../i18n/useMessages";
import styles from "./log.module.css";
import { logMessages } from "./messages";
import type { Matches } from "./useMatches";

/** Looks for a text: Enter leads to the next place, with Shift to the one before. */
export function LogSearch({ search, onSearch, matches }: { search: string; onSearch: (search: string) => void; matches: Matches }) {
  const t = useMessages(logMessages);
  const { searching, count, number, move } = matches;
  return (
    <span className={styles.find}>
      <input
        type="search"
        className={styles.search}
        aria-label={t("search")}
        placeholder={t("search")}
        value={search}
        data-testid="log-search"
        onChange={(event) => onSearch(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          move(event.shiftKey ? -1 : 1);
        }}
      />
      {searching && (
        <>
          <span className={styles.found} role="status" data-testid="log-found">
            {count === 0 ? t("notFound") : t("found", { number, count })}
          </span>
          <IconButton size="small" label={t("previous")} disabled={count === 0} testId="log-previous" onClick={() => move(-1)}>
            <ChevronUp size={14} aria-hidden />
          </IconButton>
          <IconButton size="small" label={t("next")} disabled={count === 0} testId="log-next" onClick={() => move(1)}>
            <ChevronDown size={14} aria-hidden />
          </IconButton>
        </>
      )}
    </span>
  );
}
