import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { describeError } from "../api/client";
import { fetchStep, fetchStepItems } from "../api/executions";
import { Button } from "../components/Button";
import { Spinner } from "../components/Spinner";
import { useMessages } from "../i18n/useMessages";
import { runsMessages } from "./messages";
import styles from "./runs.module.css";
import { StepMark } from "./StateMark";
import { isStepActive, type Step, type StepItems, type StepState } from "./types";

const PAGE = 100;
// Those that a reader looks for first.
const ORDER: readonly StepState[] = ["failed", "running", "up_for_retry", "success", "skipped", "upstream_failed", "queued", "scheduled", "cancelled", "none"];

export interface ItemsDetailProps {
  executionId: string;
  step: Step;
  items: StepItems;
  /** Draws the step as the chosen item took it. */
  render: (step: Step, item: number) => ReactNode;
}

/** A step in a loop: its items to choose from, and the chosen one. */
export function ItemsDetail({ executionId, step, items, render }: ItemsDetailProps) {
  const t = useMessages(runsMessages);
  const [state, setState] = useState<StepState | null>((items.counts.failed ?? 0) > 0 ? "failed" : null);
  const [shown, setShown] = useState(PAGE);
  const [chosen, setChosen] = useState<number | null>(null);
  // What the counts say changes with every item, and with it the list.
  const stamp = JSON.stringify(items.counts);
  const list = useQuery({
    queryKey: ["step-items", executionId, step.node_id, state, shown, stamp],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => readItems(executionId, step.node_id, state, shown, signal),
  });
  const rows = list.data?.items ?? [];
  const index = chosen ?? rows[0]?.index ?? null;
  return (
    <section className={styles.items} aria-label={step.name || step.node_id} data-testid="step-items">
      <div className={styles.itemList}>
        <select
          className={styles.select}
          aria-label={t("itemsOfState")}
          data-testid="items-state"
          value={state ?? ""}
          onChange={(event) => {
            setState((event.target.value || null) as StepState | null);
            setChosen(null);
            setShown(PAGE);
          }}
        >
          <option value="">{t("itemsAll", { count: items.total })}</option>
          {ORDER.filter((one) => (items.counts[one] ?? 0) > 0 || one === state).map((one) => (
            <option key={one} value={one}>
              {t(`step.${one}`)}: {items.counts[one] ?? 0}
            </option>
          ))}
        </select>
        {list.isError && (
          <p className={styles.fault} role="alert">
            {describeError(list.error)}
          </p>
        )}
        <ul aria-label={t("items")}>
          {rows.map((row) => (
            <li key={row.index}>
              <button type="button" className={styles.step} data-testid={`item-${row.index}`} data-state={row.state} aria-current={row.index === index || undefined} onClick={() => setChosen(row.index)}>
                <StepMark state={row.state} />
                <span className={styles.itemIndex}>{row.index}</span>
                <span className={styles.itemLabel} title={row.label}>
                  {row.label}
                </span>
              </button>
            </li>
          ))}
        </ul>
        {list.data && rows.length < list.data.total_entries && (
          <Button size="small" variant="ghost" busy={list.isFetching} onClick={() => setShown(shown + PAGE)}>
            {t("itemsMore")}
          </Button>
        )}
      </div>
      {index === null ? <p className={styles.emptyNote}>{list.isPending ? t("loading") : t("itemsNone")}</p> : <OneItem key={index} executionId={executionId} step={step} item={index} stamp={stamp} render={render} />}
    </section>
  );
}

interface OneItemProps {
  executionId: string;
  step: Step;
  item: number;
  stamp: string;
  render: (step: Step, item: number) => ReactNode;
}

function OneItem({ executionId, step, item, stamp, render }: OneItemProps) {
  const t = useMessages(runsMessages);
  const query = useQuery<Step, Error>({
    queryKey: ["step-item", executionId, step.node_id, item, stamp],
    placeholderData: keepPreviousData,
    refetchInterval: (one) => (one.state.data && isStepActive(one.state.data.state) ? 1500 : false),
    queryFn: ({ signal }) => fetchStep(executionId, step.node_id, signal, item),
  });
  if (query.data) return render(query.data, item);
  return <div className={styles.empty}>{query.isError ? <p role="alert">{describeError(query.error)}</p> : <Spinner label={t("loading")} />}</div>;
}

/** The first `count` items, read in pages as the server gives them. */
async function readItems(executionId: string, nodeId: string, state: StepState | null, count: number, signal: AbortSignal) {
  const query = state === null ? {} : { state };
  const pages = await Promise.all(
    Array.from({ length: Math.ceil(count / PAGE) }, (_one, page) => fetchStepItems(executionId, nodeId, { ...query, limit: PAGE, offset: page * PAGE }, signal)),
  );
  return { items: pages.flatMap((page) => page.items), total_entries: pages[0]?.total_entries ?? 0 };
}
