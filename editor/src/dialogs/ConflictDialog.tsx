import { useMutation, useQuery } from "@tanstack/react-query";
import { describeError } from "../api/client";
import { readWorkflow } from "../api/workflows";
import { Button } from "../components/Button";
import { Dialog } from "../components/Dialog";
import { Spinner } from "../components/Spinner";
import { compareGraphs } from "../graph/compare";
import { normalizeGraph } from "../graph/normalize";
import { useLocale, useMessages } from "../i18n/useMessages";
import { formatMoment } from "../runs/format";
import { keepMine, takeTheirs } from "../store/draft";
import { useEditor } from "../store/editorStore";
import styles from "./dialogs.module.css";
import { dialogMessages } from "./messages";

/** Two people have edited the same draft: shows what differs and lets the user choose. */
export function ConflictDialog({ onClose }: { onClose: () => void }) {
  const t = useMessages(dialogMessages);
  const locale = useLocale();
  const workflow = useEditor((state) => state.workflow);
  const graph = useEditor((state) => state.graph);
  const theirs = useQuery({ queryKey: ["conflict", workflow?.id], gcTime: 0, staleTime: 0, queryFn: () => readWorkflow(workflow?.id ?? "") });
  const decide = useMutation({ mutationFn: (choice: () => Promise<void>) => choice(), onSuccess: onClose });
  if (!workflow || !graph) return null;
  const other = theirs.data ? normalizeGraph(theirs.data.graph) : null;
  const differences = other ? compareGraphs(graph, other) : null;
  const isSame = differences && differences.onlyMine.length + differences.onlyTheirs.length + differences.changed.length === 0;
  return (
    <Dialog
      title={t("conflictTitle")}
      {...(theirs.data ? { description: t("conflictText", { user: theirs.data.updated_by, when: formatMoment(theirs.data.updated_at, locale) }) } : {})}
      onClose={onClose}
      testId="conflict-dialog"
    >
      {!differences || !other ? (
        theirs.isError ? (
          <p className={styles.error} role="alert">
            {describeError(theirs.error)}
          </p>
        ) : (
          <Spinner label={t("loading")} />
        )
      ) : (
        <>
          <div className={styles.sides}>
            <Side title={t("mine")} count={graph.nodes.length} only={differences.onlyMine} changed={differences.changed} help={t("keepMineHelp")}>
              <Button variant="primary" busy={decide.isPending} testId="keep-mine" onClick={() => decide.mutate(keepMine)}>
                {t("keepMine")}
              </Button>
            </Side>
            <Side title={t("theirs")} count={other.nodes.length} only={differences.onlyTheirs} changed={differences.changed} help={t("takeTheirsHelp")}>
              <Button busy={decide.isPending} testId="take-theirs" onClick={() => decide.mutate(takeTheirs)}>
                {t("takeTheirs")}
              </Button>
            </Side>
          </div>
          {isSame && <p className={styles.muted}>{t("same")}</p>}
          {decide.error && (
            <p className={styles.error} role="alert">
              {describeError(decide.error)}
            </p>
          )}
        </>
      )}
    </Dialog>
  );
}

function Side({ title, count, only, changed, help, children }: { title: string; count: number; only: string[]; changed: string[]; help: string; children: React.ReactNode }) {
  const t = useMessages(dialogMessages);
  return (
    <section className={styles.side}>
      <h3>{title}</h3>
      <p className={styles.muted}>{t("nodes", { count })}</p>
      {only.length > 0 && <p>{t("added", { names: only.join(", ") })}</p>}
      {changed.length > 0 && <p>{t("differs", { names: changed.join(", ") })}</p>}
      <span className={styles.spring} />
      {children}
      <p className={styles.muted}>{help}</p>
    </section>
  );
}
