import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight, CircleX, FileUp, Plus, Search, SearchX, TriangleAlert, Workflow } from "lucide-react";
import { lazy, Suspense, useDeferredValue, useMemo, useState } from "react";
import { describeError } from "../api/client";
import { useNodeTypes, useSession, useWorkflows, type WorkflowFilter } from "../api/queries";
import type { WorkflowSummary } from "../api/types";
import { duplicateWorkflow } from "../api/workflows";
import { Button } from "../components/Button";
import { classes } from "../components/classes";
import { EmptyState } from "../components/EmptyState";
import { inputClass } from "../components/Field";
import { IconButton } from "../components/IconButton";
import { toast } from "../components/Toast";
import { useMessages } from "../i18n/useMessages";
import { usePermissions } from "../session/usePermissions";
import { ImportDialog } from "./ImportDialog";
import { ListSkeleton } from "./ListSkeleton";
import { listMessages } from "./messages";
import styles from "./WorkflowList.module.css";
import { WorkflowTable } from "./WorkflowTable";

// Asked for by a click only.
const CreateDialog = lazy(async () => ({ default: (await import("./CreateDialog")).CreateDialog }));

const PAGE = 50;
const STATES = ["", "draft", "published", "changed"] as const;

/** All workflows of this Airflow that the user may see. */
export function WorkflowList() {
  const t = useMessages(listMessages);
  const refusal = usePermissions();
  const [search, setSearch] = useState("");
  const [state, setState] = useState<WorkflowFilter["state"]>("");
  const [offset, setOffset] = useState(0);
  const [asking, setAsking] = useState<"create" | "import" | null>(null);
  const filter = { search: useDeferredValue(search.trim()), state, offset, limit: PAGE };
  const workflows = useWorkflows(filter);
  const session = useSession();
  const nodeTypes = useNodeTypes();
  const typeMap = useMemo(() => new Map((nodeTypes.data ?? []).map((type) => [type.type, type])), [nodeTypes.data]);
  const duplicate = useDuplicate();
  const total = workflows.data?.total_entries ?? 0;
  const filtered = search.trim() !== "" || state !== "";

  const refine = (change: () => void) => {
    change();
    setOffset(0);
  };
  const buttons = (
    <>
      <Button icon={<FileUp />} disabledReason={refusal("edit")} testId="import-workflow" onClick={() => setAsking("import")}>
        {t("import")}
      </Button>
      <Button variant="primary" icon={<Plus />} disabledReason={refusal("edit")} testId="new-workflow" onClick={() => setAsking("create")}>
        {t("create")}
      </Button>
    </>
  );
  return (
    <main className={styles.page}>
      <div className={styles.content}>
        <header className={styles.header}>
          <h1 className={styles.title}>{t("title")}</h1>
          <div className={styles.buttons}>{buttons}</div>
        </header>
        {session.data?.problems.map((problem) => (
          <p key={problem.code} className={styles.problem} role="alert">
            <TriangleAlert size={18} aria-hidden />
            <span>
              <strong>{t("setupProblem")}.</strong> {problem.message}
            </span>
          </p>
        ))}
        <div className={styles.filters}>
          <div className={styles.search}>
            <Search size={16} aria-hidden />
            <input
              type="search"
              className={inputClass}
              aria-label={t("search")}
              placeholder={t("search")}
              data-testid="list-search"
              value={search}
              onChange={(event) => refine(() => setSearch(event.target.value))}
            />
          </div>
          <div className={styles.states} role="group" aria-label={t("stateFilter")}>
            {STATES.map((value) => (
              <button key={value} type="button" className={classes(styles.filter, state === value && styles.on)} aria-pressed={state === value} onClick={() => refine(() => setState(value))}>
                {t(value || "all")}
              </button>
            ))}
          </div>
        </div>
        <div role="status" className="ff-visually-hidden">
          {workflows.isPending ? t("loading") : t("count", { count: total })}
        </div>
        {workflows.isPending ? (
          <ListSkeleton />
        ) : workflows.isError && !workflows.data ? (
          <EmptyState alert icon={<CircleX />} title={t("failedTitle")} text={describeError(workflows.error)} actions={<Button onClick={() => void workflows.refetch()}>{t("retry")}</Button>} />
        ) : total > 0 && workflows.data ? (
          <>
            <WorkflowTable workflows={workflows.data.workflows} nodeTypes={typeMap} session={session.data} onDuplicate={(workflow) => duplicate.mutate(workflow)} />
            {total > PAGE && <Pager offset={offset} total={total} onMove={setOffset} />}
          </>
        ) : filtered ? (
          <EmptyState
            icon={<SearchX />}
            title={t("nothingTitle")}
            text={t("nothingText")}
            actions={
              <Button
                onClick={() =>
                  refine(() => {
                    setSearch("");
                    setState("");
                  })
                }
              >
                {t("clearFilters")}
              </Button>
            }
          />
        ) : (
          <EmptyState testId="list-empty" icon={<Workflow />} title={t("emptyTitle")} text={t("emptyText")} actions={buttons} />
        )}
      </div>
      {asking === "create" && (
        <Suspense fallback={null}>
          <CreateDialog onClose={() => setAsking(null)} />
        </Suspense>
      )}
      {asking === "import" && <ImportDialog onClose={() => setAsking(null)} />}
    </main>
  );
}

function useDuplicate() {
  const t = useMessages(listMessages);
  const client = useQueryClient();
  return useMutation({
    mutationFn: (workflow: WorkflowSummary) => duplicateWorkflow(workflow.id, null),
    onSuccess: (copy) => {
      toast({ tone: "success", title: t("duplicated", { name: copy.name }) });
      return client.invalidateQueries({ queryKey: ["workflows"] });
    },
    onError: (error) => {
      toast({ tone: "error", title: t("failed"), detail: describeError(error) });
    },
  });
}

function Pager({ offset, total, onMove }: { offset: number; total: number; onMove: (offset: number) => void }) {
  const t = useMessages(listMessages);
  return (
    <nav className={styles.pager}>
      <IconButton label={t("previous")} disabled={offset === 0} onClick={() => onMove(Math.max(0, offset - PAGE))}>
        <ChevronLeft />
      </IconButton>
      {t("of", { from: offset + 1, to: Math.min(offset + PAGE, total), total })}
      <IconButton label={t("next")} disabled={offset + PAGE >= total} onClick={() => onMove(offset + PAGE)}>
        <ChevronRight />
      </IconButton>
    </nav>
  );
}
