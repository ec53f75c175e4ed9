import { useQuery } from "@tanstack/react-query";
import { ArrowRight, Equal, X } from "lucide-react";
import { useState } from "react";
import { describeError } from "../api/client";
import { compareExecutions, type Comparison } from "../api/executions";
import type { ExecutionSummary } from "../api/types";
import { IconButton } from "../components/IconButton";
import { Spinner } from "../components/Spinner";
import { StateBadge } from "../components/StateBadge";
import { useLocale, useMessages } from "../i18n/useMessages";
import { Link } from "../island/Link";
import { executionPath } from "../island/route";
import { formatDuration, formatMoment } from "../runs/format";
import { StepMark } from "../runs/StateMark";
import styles from "./compare.module.css";
import { Difference } from "./Difference";
import { executionMessages } from "./messages";

type StepPair = Comparison["steps"][number];

/** Two executions step by step: states, times, and where input, output and error differ. */
export function CompareView({ executionId, withId, onClose }: { executionId: string; withId: string; onClose: () => void }) {
  const t = useMessages(executionMessages);
  const query = useQuery({ queryKey: ["compare", executionId, withId], queryFn: ({ signal }) => compareExecutions(executionId, withId, signal) });
  const [all, setAll] = useState(false);
  const data = query.data;
  const shown = data?.steps.filter((step) => all || step.differs) ?? [];
  return (
    <section className={styles.compare} aria-label={t("comparison")} data-testid="comparison">
      <header className={styles.head}>
        <h2>{t("comparison")}</h2>
        <span className={styles.space} />
        <IconButton label={t("closeComparison")} testId="close-comparison" onClick={onClose}>
          <X />
        </IconButton>
      </header>
      {query.isPending ? (
        <Spinner label={t("comparing")} />
      ) : !data ? (
        <p role="alert" className={styles.fault}>
          {describeError(query.error)}
        </p>
      ) : (
        <>
          <div className={styles.sides}>
            <Side title={t("leftSide")} execution={data.left} />
            <ArrowRight size={18} aria-hidden />
            <Side title={t("rightSide")} execution={data.right} />
          </div>
          {!data.same_graph && <Graphs comparison={data} />}
          <Difference title={t("startedWith")} difference={data.trigger} />
          <div className={styles.head}>
            <h3>{t("steps")}</h3>
            <span className={styles.space} />
            <label className={styles.all}>
              <input type="checkbox" checked={all} data-testid="compare-all" onChange={(event) => setAll(event.target.checked)} /> {t("showEqual")}
            </label>
          </div>
          {shown.length === 0 ? (
            <p className={styles.same} data-testid="compare-same">
              <Equal size={15} aria-hidden /> {t("allEqual")}
            </p>
          ) : (
            <ol className={styles.steps}>
              {shown.map((step) => (
                <StepRow key={step.node_id} step={step} />
              ))}
            </ol>
          )}
        </>
      )}
    </section>
  );
}

function Side({ title, execution }: { title: string; execution: ExecutionSummary }) {
  const t = useMessages(executionMessages);
  const locale = useLocale();
  return (
    <div className={styles.side}>
      <span className={styles.muted}>{title}</span>
      <Link to={executionPath(execution.id)}>{formatMoment(execution.started_at ?? execution.created_at, locale)}</Link>
      <StateBadge state={execution.state} />
      <span className={styles.muted}>
        {formatDuration(execution.duration_s, locale)}
        {execution.revision !== null && ` · ${t("revision", { number: execution.revision })}`}
      </span>
    </div>
  );
}

function Graphs({ comparison }: { comparison: Comparison }) {
  const t = useMessages(executionMessages);
  return (
    <details className={styles.graphs}>
      <summary>{t("graphsDiffer", { count: comparison.nodes.length + comparison.edges_added.length + comparison.edges_removed.length })}</summary>
      <ul>
        {comparison.nodes.map((node) => (
          <li key={node.node_id}>
            {t(`node.${node.change}`, { node: node.name || node.node_id })}
            {node.change === "changed" && <code> {node.changes.map((one) => one.path).join(", ")}</code>}
          </li>
        ))}
        {comparison.edges_added.map((edge) => (
          <li key={`+${edge}`}>{t("edgeAdded", { edge })}</li>
        ))}
        {comparison.edges_removed.map((edge) => (
          <li key={`-${edge}`}>{t("edgeRemoved", { edge })}</li>
        ))}
      </ul>
    </details>
  );
}

function StepRow({ step }: { step: StepPair }) {
  const t = useMessages(executionMessages);
  const locale = useLocale();
  const change = step.duration_change_s;
  return (
    <li className={styles.step} data-testid={`compare-${step.node_id}`} data-differs={step.differs || undefined}>
      <div className={styles.stepHead}>
        <strong>{step.name || step.node_id}</strong>
        <StepSide side={step.left} />
        <ArrowRight size={14} aria-hidden />
        <StepSide side={step.right} />
        {change !== null && Math.abs(change) >= 0.05 && (
          <span className={styles.muted}>
            {t(change > 0 ? "slower" : "faster", { duration: formatDuration(Math.abs(change), locale) })}
          </span>
        )}
        {!step.differs && <span className={styles.muted}>{t("equal")}</span>}
      </div>
      <Difference title={t("input")} difference={step.input} />
      <Difference title={t("output")} difference={step.output} />
      <Difference title={t("error")} difference={step.error} />
    </li>
  );
}

function StepSide({ side }: { side: StepPair["left"] }) {
  const t = useMessages(executionMessages);
  const locale = useLocale();
  if (!side) return <span className={styles.muted}>{t("notThere")}</span>;
  return (
    <span className={styles.stepSide}>
      <StepMark state={side.state} />
      <span className={styles.muted}>{formatDuration(side.duration_s, locale)}</span>
      {side.tries > 1 && <span className={styles.muted}>{t("triesCount", { count: side.tries })}</span>}
    </span>
  );
}
