import { useInfiniteQuery } from "@tanstack/react-query";
import { CircleX, Hourglass } from "lucide-react";
import { useState } from "react";
import { describeError } from "../api/client";
import { fetchQueue, QUEUE_KEY, type QueueItem, type WorkflowQueue } from "../api/queue";
import { Button } from "../components/Button";
import { EmptyState } from "../components/EmptyState";
import list from "../components/list.module.css";
import { Spinner } from "../components/Spinner";
import { TableHead } from "../components/TableHead";
import { useMessages } from "../i18n/useMessages";
import { navigate } from "../island/route";
import { queueMessages } from "./messages";
import { PriorityDialog } from "./PriorityDialog";
import styles from "./queue.module.css";
import { WaitingRow } from "./WaitingRow";

const PAGE = 50;
// Who reads on looks at the end of a long queue: that is not read again and again.
const LIVE_PAGES = 3;

/** The executions that wait, oldest first, each with the reasons. */
export function WaitingList({ workflowId, workflows }: { workflowId: string | null; workflows: readonly WorkflowQueue[] }) {
  const t = useMessages(queueMessages);
  const [ranking, setRanking] = useState<QueueItem | null>(null);
  const query = useInfiniteQuery({
    queryKey: [...QUEUE_KEY, "state", workflowId],
    initialPageParam: null as string | null,
    queryFn: ({ signal, pageParam }) => fetchQueue({ limit: PAGE, ...(workflowId !== null && { workflow_id: workflowId }), ...(pageParam !== null && { cursor: pageParam }) }, signal),
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    refetchInterval: (state) => ((state.state.data?.pages.length ?? 0) > LIVE_PAGES ? false : 3000),
  });
  const items = [...new Map(query.data?.pages.flatMap((page) => page.items).map((one) => [one.delivery_id ?? one.execution_id, one])).values()];
  return (
    <section className={styles.section}>
      <div className={list.bar}>
        <h2 className={styles.heading}>{t("waitingTitle")}</h2>
        {workflowId !== null && (
          <>
            <span className={list.muted}>{t("onlyOf", { name: workflows.find((one) => one.workflow_id === workflowId)?.workflow_name ?? workflowId })}</span>
            <Button size="small" variant="ghost" testId="queue-all" onClick={() => navigate("/queue", { replace: true })}>
              {t("showAll")}
            </Button>
          </>
        )}
      </div>
      {query.isPending ? (
        <div className={list.empty}>
          <Spinner label={t("loading")} />
        </div>
      ) : query.isError && items.length === 0 ? (
        <EmptyState alert icon={<CircleX />} title={t("failedTitle")} text={describeError(query.error)} actions={<Button onClick={() => void query.refetch()}>{t("retry")}</Button>} />
      ) : items.length === 0 ? (
        <EmptyState testId="nothing-waits" icon={<Hourglass />} title={t("nothingTitle")} text={t("nothingText")} />
      ) : (
        <table className={list.table} data-testid="waiting">
          <TableHead titles={[t("execution"), t("why"), t("since"), t("priority")]} actions />
          <tbody>
            {items.map((one) => (
              <WaitingRow key={one.delivery_id ?? one.execution_id} item={one} onRank={setRanking} />
            ))}
          </tbody>
        </table>
      )}
      {query.hasNextPage && (
        <Button size="small" variant="ghost" busy={query.isFetchingNextPage} testId="more-waiting" onClick={() => void query.fetchNextPage()}>
          {t("more")}
        </Button>
      )}
      {ranking && <PriorityDialog item={ranking} onClose={() => setRanking(null)} />}
    </section>
  );
}
