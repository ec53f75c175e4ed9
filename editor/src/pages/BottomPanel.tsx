import { ChevronDown, ChevronUp, CircleAlert, Code, History, Inbox, Play } from "lucide-react";
import { lazy, useEffect, type PointerEvent } from "react";
import { Button } from "../components/Button";
import { EmptyState } from "../components/EmptyState";
import { IconButton } from "../components/IconButton";
import { Tabs } from "../components/Tabs";
import { useMessages } from "../i18n/useMessages";
import { navigate, workflowPath } from "../island/route";
import { selectedNodeId, useEditor } from "../store/editorStore";
import { useUi, type BottomTab } from "../store/uiStore";
import { goToIssue } from "./goToIssue";
import { Guarded } from "./Guarded";
import styles from "./BottomPanel.module.css";
import { pageMessages } from "./messages";

const RunPanel = lazy(async () => ({ default: (await import("../runs/RunPanel")).RunPanel }));
const RunsList = lazy(async () => ({ default: (await import("../runs/RunsList")).RunsList }));
const IssuesList = lazy(async () => ({ default: (await import("../issues/IssuesList")).IssuesList }));
const DeliveriesTab = lazy(async () => ({ default: (await import("../deliveries/DeliveriesTab")).DeliveriesTab }));
const CodeTab = lazy(async () => ({ default: (await import("../code/CodeTab")).CodeTab }));

export interface BottomPanelProps {
  workflowId: string;
  executionId: string | null;
  narrow: boolean;
}

/** Run, problems, code and past runs, below the canvas; closed, only its tabs are seen. */
export function BottomPanel({ workflowId, executionId, narrow }: BottomPanelProps) {
  const t = useMessages(pageMessages);
  const { bottomOpen, bottomTab, bottomHeight, set, showTab } = useUi();
  const errors = useEditor((state) => state.issues.filter((issue) => issue.severity === "error").length);
  const warnings = useEditor((state) => state.issues.length) - errors;
  const count = errors + warnings;
  const height = bottomOpen ? (narrow ? "55%" : bottomHeight) : undefined;
  useEffect(() => {
    if (bottomTab === "run" && !executionId && bottomOpen) set({ bottomTab: "executions" });
  }, [bottomTab, executionId, bottomOpen, set]);
  return (
    <section className={styles.panel} style={{ height }} aria-label={t("panels")} data-testid="bottom-panel" data-open={bottomOpen || undefined}>
      {bottomOpen && !narrow && <Grip />}
      <Tabs<BottomTab>
        label={t("panels")}
        selected={bottomTab}
        collapsed={!bottomOpen}
        onSelect={(tab) => {
          if (bottomOpen && tab === bottomTab) set({ bottomOpen: false });
          else showTab(tab);
        }}
        tabs={[
          { id: "executions", label: t("executions"), icon: <History /> },
          ...(executionId ? [{ id: "run" as const, label: t("run"), icon: <Play /> }] : []),
          {
            id: "issues",
            label: t("issues"),
            icon: <CircleAlert />,
            extra: count > 0 && (
              <span className={styles.count} data-tone={errors > 0 ? "error" : "warning"}>
                {count}
              </span>
            ),
          },
          { id: "deliveries", label: t("deliveries"), icon: <Inbox /> },
          { id: "code", label: t("code"), icon: <Code /> },
        ]}
        actions={
          <IconButton label={t(bottomOpen ? "collapse" : "expand")} size="small" aria-expanded={bottomOpen} testId="bottom-toggle" onClick={() => set({ bottomOpen: !bottomOpen })}>
            {bottomOpen ? <ChevronDown /> : <ChevronUp />}
          </IconButton>
        }
      >
        <Guarded>
          <Content tab={bottomTab} workflowId={workflowId} executionId={executionId} />
        </Guarded>
      </Tabs>
    </section>
  );
}

function Content({ tab, workflowId, executionId }: { tab: BottomTab; workflowId: string; executionId: string | null }) {
  const t = useMessages(pageMessages);
  const graph = useEditor((state) => state.graph);
  const issues = useEditor((state) => state.issues);
  const selected = useEditor(selectedNodeId);
  switch (tab) {
    case "issues":
      return <IssuesList issues={issues} onSelect={goToIssue} />;
    case "code":
      return graph && <CodeTab graph={graph} />;
    case "deliveries":
      return <DeliveriesTab workflowId={workflowId} />;
    case "executions":
      return <RunsList workflowId={workflowId} selectedId={executionId} onSelect={(id) => navigate(workflowPath(workflowId, id))} />;
    case "run":
      if (executionId) return <RunPanel executionId={executionId} selectedNodeId={selected} onSelectNode={lookAt} />;
      return <EmptyState icon={<Play />} title={t("noRunTitle")} text={t("noRunText")} actions={<Button onClick={() => useUi.getState().showTab("executions")}>{t("pastRuns")}</Button>} />;
  }
}

/** Select a step to see what it did; a form that is open follows, but none opens over the run. */
function lookAt(id: string): void {
  const before = selectedNodeId(useEditor.getState());
  const { quietNode } = useUi.getState();
  if (before === null || before === quietNode) useUi.getState().set({ quietNode: id });
  useEditor.getState().selectNodes([id]);
}

const MIN = 140;

/** The upper edge, dragged or moved by the arrow keys. */
function Grip() {
  const t = useMessages(pageMessages);
  const height = useUi((state) => state.bottomHeight);
  const limit = (wanted: number) => Math.round(Math.min(Math.max(wanted, MIN), window.innerHeight * 0.7));
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    const handle = event.currentTarget;
    const from = event.clientY;
    handle.setPointerCapture(event.pointerId);
    const move = (now: globalThis.PointerEvent) => useUi.getState().set({ bottomHeight: limit(height + from - now.clientY) });
    const end = () => {
      handle.removeEventListener("pointermove", move);
      handle.removeEventListener("pointerup", end);
      handle.removeEventListener("pointercancel", end);
    };
    handle.addEventListener("pointermove", move);
    handle.addEventListener("pointerup", end);
    handle.addEventListener("pointercancel", end);
  };
  return (
    <div
      className={styles.grip}
      role="separator"
      aria-orientation="horizontal"
      aria-label={t("resize")}
      aria-valuenow={height}
      aria-valuemin={MIN}
      tabIndex={0}
      onPointerDown={drag}
      onKeyDown={(event) => {
        const step = event.key === "ArrowUp" ? 24 : event.key === "ArrowDown" ? -24 : 0;
        if (step === 0) return;
        event.preventDefault();
        useUi.getState().set({ bottomHeight: limit(height + step) });
      }}
    />
  );
}
