import { useInfiniteQuery } from "@tanstack/react-query";
import { CircleX, Inbox, RotateCcw, SearchX } from "lucide-react";
import { lazy, Suspense, useDeferredValue, useState } from "react";
import { describeError } from "../api/client";
import { fetchDeliveries } from "../api/deliveries";
import { Button } from "../components/Button";
import { EmptyState } from "../components/EmptyState";
import { Spinner } from "../components/Spinner";
import list from "../components/list.module.css";
import { useMessages } from "../i18n/useMessages";
import { usePermissions } from "../session/usePermissions";
import { isFiltered, NO_FILTER, toQuery, type DeliveryFilter } from "./deliveryFilter";
import { DeliveryFilters } from "./DeliveryFilters";
import { DeliveryTable } from "./DeliveryTable";
import { deliveryMessages } from "./messages";
import { RedeliverAllDialog } from "./RedeliverAllDialog";
import { RedeliverDialog } from "./RedeliverDialog";

// It brings the code editor along.
const DeliveryDetail = lazy(async () => ({ default: (await import("./DeliveryDetail")).DeliveryDetail }));

const PAGE = 50;
// More pages are not read again and again: who reads on looks at the past.
const LIVE_PAGES = 3;

export interface DeliveriesViewProps {
  filter: DeliveryFilter;
  onFilter: (filter: DeliveryFilter) => void;
  /** Show this workflow's only. */
  workflowId?: string;
}

/** What was received, newest first; what comes in meanwhile appears by itself. */
export function DeliveriesView({ filter, onFilter, workflowId }: DeliveriesViewProps) {
  const t = useMessages(deliveryMessages);
  const refusal = usePermissions();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [sending, setSending] = useState<readonly string[] | null>(null);
  const [sendingAll, setSendingAll] = useState(false);
  const asked = useDeferredValue(workflowId ? { ...filter, workflow: workflowId } : filter);
  const query = useInfiniteQuery({
    queryKey: ["deliveries", { ...asked, delivery: "" }],
    initialPageParam: null as string | null,
    queryFn: ({ signal, pageParam }) => fetchDeliveries(toQuery(asked, PAGE, pageParam), signal),
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    refetchInterval: (state) => ((state.state.data?.pages.length ?? 0) > LIVE_PAGES ? false : 3000),
  });
  const deliveries = [...new Map(query.data?.pages.flatMap((page) => page.deliveries).map((one) => [one.id, one])).values()];
  const selected = new Set(deliveries.filter((one) => chosen.has(one.id)).map((one) => one.id));
  const first = query.data?.pages[0];
  const patch = (change: Partial<DeliveryFilter>) => onFilter({ ...filter, ...change });
  const filtered = isFiltered(workflowId ? { ...filter, workflow: "" } : filter);
  // All deliveries of all workflows are never meant.
  const tooWide = isFiltered(asked) ? null : t("redeliverAllFirst");

  return (
    <div className={list.view}>
      <DeliveryFilters filter={filter} onChange={patch} fixedWorkflow={workflowId !== undefined} />
      <div className={list.bar}>
        <p role="status" className={list.muted}>
          {first && (first.total_is_exact ? t("count", { count: first.total_entries }) : t("countMore", { count: first.total_entries }))}
        </p>
        {filtered && (
          <Button size="small" variant="ghost" testId="clear-filters" onClick={() => onFilter({ ...NO_FILTER, delivery: filter.delivery })}>
            {t("clear")}
          </Button>
        )}
        <span className={list.space} />
        {selected.size === 0 && deliveries.length > 0 && (
          <Button size="small" icon={<RotateCcw />} disabledReason={refusal("run") ?? tooWide} testId="redeliver-all" onClick={() => setSendingAll(true)}>
            {t("redeliverAll")}
          </Button>
        )}
        {selected.size > 0 && (
          <>
            <span className={list.muted}>{t("selected", { count: selected.size })}</span>
            <Button size="small" variant="primary" icon={<RotateCcw />} disabledReason={refusal("run")} testId="redeliver-selected" onClick={() => setSending([...selected].slice(0, 200))}>
              {t("redeliver")}
            </Button>
          </>
        )}
      </div>
      {query.isPending ? (
        <div className={list.empty}>
          <Spinner label={t("loading")} />
        </div>
      ) : query.isError && deliveries.length === 0 ? (
        <EmptyState alert icon={<CircleX />} title={t("failedTitle")} text={describeError(query.error)} actions={<Button onClick={() => void query.refetch()}>{t("retry")}</Button>} />
      ) : deliveries.length === 0 ? (
        <EmptyState testId="no-deliveries" icon={filtered ? <SearchX /> : <Inbox />} title={t(filtered ? "nothingTitle" : "emptyTitle")} text={t(filtered ? "nothingText" : "emptyText")} />
      ) : (
        <DeliveryTable
          deliveries={deliveries}
          selected={selected}
          withWorkflow={workflowId === undefined}
          onOpen={(id) => patch({ delivery: id })}
          onSelect={(ids, on) => {
            const next = new Set(selected);
            for (const id of ids) if (on) next.add(id);
            else next.delete(id);
            setChosen(next);
          }}
        />
      )}
      {query.hasNextPage && (
        <Button size="small" variant="ghost" busy={query.isFetchingNextPage} testId="more-deliveries" onClick={() => void query.fetchNextPage()}>
          {t("more")}
        </Button>
      )}
      {filter.delivery && (
        <Suspense fallback={null}>
          <DeliveryDetail
            key={filter.delivery}
            id={filter.delivery}
            onClose={() => patch({ delivery: "" })}
            onOpen={(id) => patch({ delivery: id })}
            onRedeliver={(id) => setSending([id])}
          />
        </Suspense>
      )}
      {sendingAll && first && <RedeliverAllDialog filter={asked} count={first.total_entries} exact={first.total_is_exact} onClose={() => setSendingAll(false)} />}
      {sending && (
        <RedeliverDialog
          ids={sending}
          onClose={() => setSending(null)}
          onDone={() => {
            setSending(null);
            setChosen(new Set());
          }}
        />
      )}
    </div>
  );
}
