import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Ban, ChartColumn, CheckCheck, CircleX, History, RotateCw, SearchX } from "lucide-react";
import { lazy, Suspense, useDeferredValue, useState } from "react";
import { describeError } from "../api/client";
import { listExecutions } from "../api/executions";
import { useServerEvents } from "../api/serverEvents";
import type { ExecutionSummary } from "../api/types";
import { Button } from "../components/Button";
import { EmptyState } from "../components/EmptyState";
import list from "../components/list.module.css";
import { Spinner } from "../components/Spinner";
import { useLocale, useMessages } from "../i18n/useMessages";
import { navigate, statisticsPath } from "../island/route";
import { usePermissionsInList } from "../session/usePermissions";
import { bulkTargets, type BulkKind } from "./bulk";
import { isFiltered, NO_FILTER, toQuery, type ExecutionFilter } from "./executionFilter";
import { ExecutionFilters } from "./ExecutionFilters";
import styles from "./executions.module.css";
import { ExecutionTable } from "./ExecutionTable";
import { applyEvent, eventsPath, EVENT_TYPES, type Pages } from "./listEvents";
import { executionsMessages } from "./messages";

// Asked for by a click only.
const BulkDialog = lazy(async () => ({ default: (await import("./BulkDialog")).BulkDialog }));

const PAGE = 50;
// More pages are not read again and again: who reads on looks at the past.
const LIVE_PAGES = 3;
const POLL_MS = 3000;
// With the stream of changes, in case that one was missed.
const SAFETY_MS = 30_000;
const ACTIONS = [
  { kind: "cancel", icon: <Ban />, none: "noneToCancel" },
  { kind: "retry", icon: <RotateCw />, none: "noneToRetry" },
  { kind: "handle", icon: <CheckCheck />, none: "noneToHandle" },
] as const;

export interface ExecutionsViewProps {
  filter: ExecutionFilter;
  onFilter: (filter: ExecutionFilter) => void;
}

/** All executions that the user may see, newest first; what changes appears by itself. */
export function ExecutionsView({ filter, onFilter }: ExecutionsViewProps) {
  const t = useMessages(executionsMessages);
  const locale = useLocale();
  const client = useQueryClient();
  const { refusalOf, anywhere } = usePermissionsInList("run");
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [asking, setAsking] = useState<{ kind: BulkKind; executions: ExecutionSummary[] } | null>(null);
  const asked = useDeferredValue(filter);
  const key = ["executions", "all", asked, locale];
  const { live } = useServerEvents(eventsPath(asked, locale), EVENT_TYPES, (type, data) => {
    const before = client.getQueryData<Pages>(key);
    const after = before && applyEvent(before, type, data);
    if (after) client.setQueryData(key, after);
    else void client.invalidateQueries({ queryKey: key });
  });
  const query = useInfiniteQuery({
    queryKey: key,
    initialPageParam: null as string | null,
    queryFn: ({ signal, pageParam }) => listExecutions({ ...toQuery(asked), limit: PAGE, ...(pageParam && { cursor: pageParam }) }, signal, locale),
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    refetchInterval: (state) => ((state.state.data?.pages.length ?? 0) > LIVE_PAGES ? false : live ? SAFETY_MS : POLL_MS),
  });
  const executions = [...new Map(query.data?.pages.flatMap((page) => page.executions).map((one) => [one.id, one])).values()];
  const selected = new Set(executions.filter((one) => chosen.has(one.id)).map((one) => one.id));
  const total = query.data?.pages[0]?.total_entries;
  const patch = (change: Partial<ExecutionFilter>) => onFilter({ ...filter, ...change });
  const filtered = isFiltered(filter);

  return (
    <div className={list.view}>
      <ExecutionFilters filter={filter} onChange={patch} />
      <div className={list.bar}>
        <p role="status" className={list.muted} data-testid="execution-count">
          {query.data && (total === null || total === undefined ? t("countMany") : t("count", { count: total }))}
        </p>
        <span className={styles.live} data-live={live || undefined} title={t(live ? "liveHelp" : "polledHelp")}>
          {t(live ? "live" : "polled")}
        </span>
        {filtered && (
          <Button size="small" variant="ghost" testId="clear-filters" onClick={() => onFilter(NO_FILTER)}>
            {t("clear")}
          </Button>
        )}
        {filter.workflow && (
          <Button size="small" variant="ghost" icon={<ChartColumn />} testId="to-statistics" onClick={() => navigate(statisticsPath(filter.workflow))}>
            {t("statistics")}
          </Button>
        )}
        <span className={list.space} />
        {selected.size > 0 && (
          <>
            <span className={list.muted}>{t("selected", { count: selected.size })}</span>
            {ACTIONS.map(({ kind, icon, none }) => {
              const fitting = bulkTargets(kind, executions.filter((one) => selected.has(one.id)));
              // Of the chosen ones, those of workflows that the user may run.
              const targets = fitting.filter((one) => refusalOf(one.workflow_id) === null);
              const refusal = fitting[0] && targets.length === 0 ? refusalOf(fitting[0].workflow_id) : null;
              return (
                <Button
                  key={kind}
                  size="small"
                  icon={icon}
                  disabledReason={anywhere ?? refusal ?? (targets.length === 0 ? t(none) : null)}
                  testId={`bulk-${kind}`}
                  onClick={() => setAsking({ kind, executions: targets })}
                >
                  {t(kind)}
                </Button>
              );
            })}
          </>
        )}
      </div>
      {query.isPending ? (
        <div className={list.empty}>
          <Spinner label={t("loading")} />
        </div>
      ) : query.isError && executions.length === 0 ? (
        <EmptyState alert icon={<CircleX />} title={t("failedTitle")} text={describeError(query.error)} actions={<Button onClick={() => void query.refetch()}>{t("retryRead")}</Button>} />
      ) : executions.length === 0 && !query.hasNextPage ? (
        <EmptyState testId="no-executions" icon={filtered ? <SearchX /> : <History />} title={t(filtered ? "nothingTitle" : "emptyTitle")} text={t(filtered ? "nothingText" : "emptyText")} />
      ) : (
        executions.length > 0 && (
          <ExecutionTable
            executions={executions}
            selected={selected}
            onSelect={(ids, on) => {
              const next = new Set(selected);
              for (const id of ids) if (on) next.add(id);
              else next.delete(id);
              setChosen(next);
            }}
          />
        )
      )}
      {query.hasNextPage && (
        <div className={styles.more}>
          {executions.length === 0 && <p className={list.muted}>{t("lookingOn")}</p>}
          <Button size="small" busy={query.isFetchingNextPage} testId="more-executions" onClick={() => void query.fetchNextPage()}>
            {t("more")}
          </Button>
        </div>
      )}
      {asking && (
        <Suspense fallback={null}>
          <BulkDialog
            kind={asking.kind}
            executions={asking.executions}
            onClose={(changed) => {
              setAsking(null);
              if (changed) setChosen(new Set());
            }}
          />
        </Suspense>
      )}
    </div>
  );
}
