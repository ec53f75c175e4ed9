import { ArrowDown, Check, Copy, Download } from "lucide-react";
import { useDeferredValue, useMemo, useState, type ReactNode } from "react";
import { describeError } from "../../api/client";
import { logDownloadUrl, type LogTry } from "../../api/executions";
import { Button } from "../../components/Button";
import { IconButton } from "../../components/IconButton";
import { copyText } from "../../components/json/copyText";
import { useMessages } from "../../i18n/useMessages";
import runs from "../runs.module.css";
import type { Step } from "../types";
import { patternOf } from "./findMatches";
import styles from "./log.module.css";
import { LogLines } from "./LogLines";
import { LogSearch } from "./LogSearch";
import { LEVELS, levelRank, logText } from "./logText";
import { logMessages } from "./messages";
import { useFollow } from "./useFollow";
import { useMatches } from "./useMatches";
import { useStepLogs, type StepLogs as Logs } from "./useStepLogs";

export interface StepLogsProps {
  executionId: string;
  step: Step;
  item?: number | null;
  /** The try that is shown first; the newest one. */
  firstTry?: number | null;
}

/** The log of one try, following its end while the step runs. */
export function StepLogs({ executionId, step, item = null, firstTry = null }: StepLogsProps) {
  const t = useMessages(logMessages);
  const [chosen, setChosen] = useState<number | null>(firstTry);
  if (step.tries === 0) return <p className={runs.emptyNote}>{t(step.state === "success" || step.state === "skipped" || step.state === "upstream_failed" ? "none" : "waiting")}</p>;
  const tryNumber = Math.min(chosen ?? step.tries, step.tries);
  const tries = step.tries > 1 && (
    <select className={runs.select} aria-label={t("try")} value={tryNumber} data-testid="log-try" onChange={(event) => setChosen(Number(event.target.value))}>
      {Array.from({ length: step.tries }, (_one, index) => (
        <option key={index} value={index + 1}>
          {t("tryN", { number: index + 1 })}
        </option>
      ))}
    </select>
  );
  return (
    <TryLogs key={`${executionId}/${step.node_id}/${item}/${tryNumber}`} shown={{ executionId, nodeId: step.node_id, item, tryNumber }}>
      {tries}
    </TryLogs>
  );
}

function TryLogs({ shown, children }: { shown: LogTry; children: ReactNode }) {
  return (
    <LogView logs={useStepLogs(shown)} downloadUrl={logDownloadUrl(shown)}>
      {children}
    </LogView>
  );
}

/** The lines of a log, with levels and search; `downloadUrl` gives all of it, where there is one. */
export function LogView({ logs, downloadUrl, children }: { logs: Logs; downloadUrl: string | null; children?: ReactNode }) {
  const t = useMessages(logMessages);
  const [level, setLevel] = useState(0);
  const [search, setSearch] = useState("");
  const [copied, setCopied] = useState(false);
  const wanted = useDeferredValue(search);
  const pattern = useMemo(() => patternOf(wanted), [wanted]);
  const counts = useMemo(() => LEVELS.map((_name, rank) => logs.lines.filter((line) => levelRank(line.level) >= rank).length), [logs.lines]);
  const lines = useMemo(() => (level === 0 ? logs.lines : logs.lines.filter((line) => levelRank(line.level) >= level)), [logs.lines, level]);
  const { box, follow, setFollow, onScroll, unseen } = useFollow(lines.length);
  const matches = useMatches(lines, pattern, box, () => setFollow(false));
  const hidden = logs.lines.length - lines.length;

  function copy(): void {
    void copyText(logText(lines)).then(() => {
      setCopied(true);
      setTimeout(() => setCopied(false), 1200);
    });
  }

  return (
    <div className={styles.log}>
      <div className={styles.bar}>
        {children}
        <select className={runs.select} aria-label={t("level")} title={t("level")} value={level} data-testid="log-level" onChange={(event) => setLevel(Number(event.target.value))}>
          <option value={0}>{t("all", { count: logs.lines.length })}</option>
          {LEVELS.slice(1).map((name, index) => (
            <option key={name} value={index + 1}>
              {t("atLeast", { level: name, count: counts[index + 1] ?? 0 })}
            </option>
          ))}
        </select>
        <LogSearch search={search} onSearch={setSearch} matches={matches} />
        <span className={styles.space} />
        {!logs.done && (
          <>
            <span className={styles.live} data-live={logs.live || undefined} data-testid="log-live" title={t(logs.live ? "liveHelp" : "polledHelp")}>
              {t(logs.live ? "live" : "polled")}
            </span>
            <label className={styles.follow} title={t("followHelp")}>
              <input type="checkbox" checked={follow} data-testid="log-follow" onChange={(event) => setFollow(event.target.checked)} /> {t("follow")}
            </label>
          </>
        )}
        <span className={styles.buttons}>
          <IconButton size="small" label={t(copied ? "copied" : "copy")} onClick={copy}>
            {copied ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
          </IconButton>
          {downloadUrl !== null && (
            <a className={styles.download} href={downloadUrl} download title={t("download")} aria-label={t("download")} data-testid="log-download">
              <Download size={14} aria-hidden />
            </a>
          )}
        </span>
      </div>
      {logs.error && (
        <p className={runs.fault} role="status">
          {t("failed", { message: describeError(logs.error) })}
        </p>
      )}
      <div className={styles.frame}>
        <div ref={box} className={styles.lines} role="log" aria-label={t("log")} aria-live="off" aria-busy={!logs.done} tabIndex={0} data-testid="log-lines" onScroll={onScroll}>
          <LogLines lines={lines} pattern={pattern} current={matches.current} />
          {logs.lines.length === 0 && !logs.error && <p className={runs.emptyNote}>{t(logs.done ? "empty" : "waiting")}</p>}
        </div>
        {unseen > 0 && !logs.done && (
          <div className={styles.unseen}>
            <Button size="small" icon={<ArrowDown />} testId="log-unseen" onClick={() => setFollow(true)}>
              {t("unseen", { count: unseen })}
            </Button>
          </div>
        )}
      </div>
      {(hidden > 0 || logs.truncated) && (
        <p className={styles.note}>
          {hidden > 0 && t("hidden", { count: hidden })}{" "}
          {logs.truncated && (
            <span data-testid="log-truncated">
              {t("truncated")} {downloadUrl !== null && <a href={downloadUrl} download>{t("wholeLog")}</a>}
            </span>
          )}
        </p>
      )}
    </div>
  );
}
