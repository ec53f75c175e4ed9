import { ChevronDown, FlaskConical, Square } from "lucide-react";
import { useEffect, useId, useRef, useState } from "react";
import type { NodeType } from "../api/types";
import { describeError } from "../api/client";
import { Button } from "../components/Button";
import { toast } from "../components/Toast";
import type { Graph } from "../graph/types";
import { useMessages } from "../i18n/useMessages";
import { useStepTests } from "../store/stepTests";
import { stepTestMessages } from "./messages";
import styles from "./stepTest.module.css";
import { TestSource } from "./TestSource";
import type { StepTestState } from "./useStepTest";

export interface TestBarProps {
  test: StepTestState;
  graph: Graph;
  nodeType: NodeType | undefined;
  /** The shown run is one that was opened, rather than the newest. */
  opened: boolean;
  /** The result should be seen. */
  onBegin: () => void;
}

/** Begins and stops the test of a step, and chooses what the step sees. */
export function TestBar({ test, graph, nodeType, opened, onBegin }: TestBarProps) {
  const t = useMessages(stepTestMessages);
  const panelId = useId();
  const [open, setOpen] = useState(false);
  const { source } = test.choice;
  const begin = () => {
    // Without a run or a delivery chosen, that is what is asked for.
    if (test.refusal !== null) return setOpen(source.kind !== "newest");
    test.begin();
    // What comes of it needs the room.
    setOpen(false);
    onBegin();
  };
  useAsked(test.nodeId, begin);
  const isTrigger = nodeType?.kind === "trigger";
  const sourceName = t(`source.${source.kind !== "newest" ? source.kind : opened ? "shown" : test.choice.shownId === null ? "example" : "newest"}`);
  return (
    <section className={styles.bar} aria-label={t("test")} data-testid="test-bar">
      <div className={styles.barRow}>
        {test.underWay ? (
          <Button
            size="small"
            variant="danger"
            icon={<Square />}
            busy={test.run?.phase !== "started"}
            testId="test-stop"
            onClick={() => {
              test.stop().catch((error: unknown) => {
                toast({ tone: "error", title: describeError(error) });
              });
            }}
          >
            {t("stop")}
          </Button>
        ) : (
          <Button size="small" variant="primary" icon={<FlaskConical />} disabledReason={test.refusal} title={test.refusal === null ? t("shortcut") : undefined} testId="test-step" onClick={begin}>
            {t(test.run ? "testAgain" : "test")}
          </Button>
        )}
        {!isTrigger && (
          <button
            type="button"
            className={styles.disclose}
            aria-expanded={open}
            aria-controls={panelId}
            aria-label={t("dataOf", { source: sourceName })}
            data-testid="test-data"
            onClick={() => setOpen(!open)}
          >
            <span>{t("data")}:</span> <strong>{sourceName}</strong>
            <ChevronDown size={14} aria-hidden data-open={open || undefined} />
          </button>
        )}
      </div>
      {test.refusal !== null && !test.underWay && (
        <p className={styles.why} data-testid="test-refusal">
          {test.refusal}
        </p>
      )}
      {open && !isTrigger && (
        <div id={panelId} className={styles.source}>
          <TestSource test={test} graph={graph} opened={opened} />
        </div>
      )}
    </section>
  );
}

/** Begin when a key press on the canvas has asked for a test of this node. */
function useAsked(nodeId: string, begin: () => void): void {
  const asked = useStepTests((state) => state.asked);
  const latest = useRef(begin);
  useEffect(() => {
    latest.current = begin;
  });
  useEffect(() => {
    if (asked?.nodeId !== nodeId) return;
    useStepTests.getState().ask(null);
    latest.current();
  }, [asked, nodeId]);
}
