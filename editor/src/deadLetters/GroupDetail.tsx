import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { describeError } from "../api/client";
import { DEAD_LETTERS_KEY, fetchDeadLetters, fetchExplanation, type DeadLetterGroup } from "../api/deadLetters";
import { Button } from "../components/Button";
import list from "../components/list.module.css";
import { Spinner } from "../components/Spinner";
import { useLocale, useMessages } from "../i18n/useMessages";
import styles from "./deadLetters.module.css";
import { EntryTable } from "./EntryTable";
import type { Chosen } from "./GroupCard";
import { deadLetterMessages } from "./messages";

const PAGE = 20;

/** Why the newest failed and what to do, and every execution of the group. */
export function GroupDetail({ group, onChoose }: { group: DeadLetterGroup; onChoose: (chosen: Chosen) => void }) {
  const t = useMessages(deadLetterMessages);
  const [onlyOpen, setOnlyOpen] = useState(true);
  const state = onlyOpen ? "open" : "all";
  const query = useInfiniteQuery({
    queryKey: [...DEAD_LETTERS_KEY, "entries", group.id, state],
    initialPageParam: null as string | null,
    queryFn: ({ signal, pageParam }) => fetchDeadLetters(group.id, { state, limit: PAGE, ...(pageParam !== null && { cursor: pageParam }) }, signal),
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
  const entries = [...new Map(query.data?.pages.flatMap((page) => page.entries).map((one) => [one.id, one])).values()];
  return (
    <div className={styles.detail}>
      <Explanation group={group} />
      <div className={list.bar}>
        <h3 className={styles.sub}>{t("entries")}</h3>
        <label className={styles.check}>
          <input type="checkbox" checked={onlyOpen} data-testid="only-open" onChange={() => setOnlyOpen(!onlyOpen)} /> {t("onlyOpen")}
        </label>
      </div>
      {query.isPending ? (
        <Spinner label={t("loading")} />
      ) : query.isError ? (
        <p className={list.errorBox} role="alert">
          {describeError(query.error)}
        </p>
      ) : entries.length === 0 ? (
        <p className={list.muted}>{t("noneOpen")}</p>
      ) : (
        <EntryTable entries={entries} onChoose={onChoose} />
      )}
      {query.hasNextPage && (
        <Button size="small" variant="ghost" busy={query.isFetchingNextPage} testId="more-entries" onClick={() => void query.fetchNextPage()}>
          {t("more")}
        </Button>
      )}
    </div>
  );
}

function Explanation({ group }: { group: DeadLetterGroup }) {
  const t = useMessages(deadLetterMessages);
  const locale = useLocale();
  const sample = group.source === "execution" ? group.sample_execution_id : null;
  const query = useQuery({
    queryKey: [...DEAD_LETTERS_KEY, "explanation", sample, locale],
    enabled: sample !== null,
    staleTime: 60_000,
    retry: false,
    queryFn: ({ signal }) => fetchExplanation(sample ?? "", locale, signal),
  });
  return (
    <dl className={styles.explanation} data-testid="explanation">
      {query.data && (
        <>
          <dt>{t("cause")}</dt>
          <dd>{query.data.title}</dd>
          <dt>{t("advice")}</dt>
          <dd>{query.data.advice}</dd>
        </>
      )}
      <dt>{t("sample")}</dt>
      <dd className={styles.sample}>{group.sample}</dd>
      {query.isError && <dd className={list.muted}>{t("explanationFailed")}</dd>}
    </dl>
  );
}
