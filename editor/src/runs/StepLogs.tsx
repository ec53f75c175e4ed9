import { Check, Copy, Download } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { describeError } from "../api/client";
import { IconButton } from "../components/IconButton";
import { copyText } from "../components/json/copyText";
import { downloadText } from "../components/json/downloadText";
import { useLocale, useMessages } from "../i18n/useMessages";
import { LEVELS, levelRank, logText } from "./logText";
import { runsMessages } from "./messages";
import styles from "./runs.module.css";
import type { LogLine, Step } from "./types";
import { useStepLogs } from "./useStepLogs";

/** The log of one try, following its end while the step runs. */
export function StepLogs({ executionId, step, item = null, firstTry = null }: { executionId: string; step: Step; item?: number | null; firstTry?: number | null }) {
  const t = useMessages(runsMessages);
  const [chosen, setChosen] = useState<number | null>(firstTry);
  if (step.tries === 0) return <p className={styles.emptyNote}>{t(step.state === "success" || step.state === "skipped" || step.state === "upstream_failed" ? "logsNone" : "logsWaiting")}</p>;
  const tryNumber = Math.min(chosen ?? step.tries, step.tries);
  return <TryLogs key={tryNumber} executionId={executionId} step={step} item={item} tryNumber={tryNumber} onTry={setChosen} />;
}

interface TryLogsProps {
  executionId: string;
  step: Step;
  item: number | null;
  tryNumber: number;
  onTry: (tryNumber: number) => void;
}

function TryLogs({ executionId, step, item, tryNumber, onTry }: TryLogsProps) {
  const t = useMessages(runsMessages);
  const logs = useStepLogs({ executionId, nodeId: step.node_id, item, tryNumber });
  const [level, setLevel] = useState(0);
  const [follow, setFollow] = useState(true);
  const [copied, setCopied] = useState(false);
  const end = useRef<HTMLDivElement>(null);
  const [search, setSearch] = useState("");
  const wanted = search.trim().toLowerCase();
  const leveled = logs.lines.filter((line) => levelRank(line.level) >= level);
  const lines = wanted === "" ? leveled : leveled.filter((line) => line.message.toLowerCase().includes(wanted));
  const hidden = logs.lines.length - leveled.length;

  useEffect(() => {
    if (follow) end.current?.scrollIntoView({ block: "nearest" });
  }, [follow, lines.length]);

  function copy(): void {
    void copyText(logText(logs.lines)).then(() => {
      setCopied(true);
      setTimeout(() => setCopied(false), 1200);
    });
  }

  return (
    <div className={styles.logs}>
      <div className={styles.logBar}>
        {step.tries > 1 && (
          <select className={styles.select} aria-label={t("logsTry")} value={tryNumber} data-testid="log-try" onChange={(event) => onTry(Number(event.target.value))}>
            {Array.from({ length: step.tries }, (_one, index) => (
              <option key={index} value={index + 1}>
                {t("logsTryN", { number: index + 1 })}
              </option>
            ))}
          </select>
        )}
        <select className={styles.select} aria-label={t("logsLevel")} title={t("logsLevel")} value={level} onChange={(event) => setLevel(Number(event.target.value))}>
          <option value={0}>{t("logsAll")}</option>
          {LEVELS.slice(1).map((name, index) => (
            <option key={name} value={index + 1}>
              {name}
            </option>
          ))}
        </select>
        <input type="search" className={styles.logSearch} aria-label={t("logsSearch")} placeholder={t("logsSearch")} value={search} data-testid="log-search" onChange={(event) => setSearch(event.target.value)} />
        {!logs.done && (
          <label className={styles.follow} title={t("logsFollowing")}>
            <input type="checkbox" checked={follow} onChange={(event) => setFollow(event.target.checked)} /> {t("logsFollow")}
          </label>
        )}
        <span className={styles.space} />
        <IconButton size="small" label={copied ? t("copied") : t("logsCopy")} onClick={copy}>
          {copied ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
        </IconButton>
        <IconButton size="small" label={t("logsDownload")} onClick={() => downloadText(`${step.node_id}-${tryNumber}.log`, logText(logs.lines), "text/plain")}>
          <Download size={14} aria-hidden />
        </IconButton>
      </div>
      {logs.error && (
        <p className={styles.fault} role="status">
          {t("logsFailed", { message: describeError(logs.error) })}
        </p>
      )}
      <div className={styles.lines} role="log" aria-label={t("logs")} aria-busy={!logs.done} tabIndex={0} data-testid="log-lines">
        {lines.map((line, index) => (
          <Line key={index} line={line} />
        ))}
        {logs.lines.length === 0 && !logs.error && <p className={styles.emptyNote}>{t(logs.done ? "logsEmpty" : "logsWaiting")}</p>}
        {lines.length === 0 && leveled.length > 0 && <p className={styles.emptyNote}>{t("logsNoMatch")}</p>}
        <div ref={end} />
      </div>
      {hidden > 0 && <p className={styles.note}>{t("logsHidden", { count: hidden })}</p>}
    </div>
  );
}

function Line({ line }: { line: LogLine }) {
  const locale = useLocale();
  const moment = line.timestamp ? new Date(line.timestamp) : null;
  return (
    <div className={styles.line} data-level={line.level}>
      <time className={styles.lineTime} dateTime={line.timestamp ?? undefined} title={line.timestamp ?? undefined}>
        {moment?.toLocaleTimeString(locale, { hour12: false }) ?? ""}
      </time>
      <span className={styles.lineLevel}>{line.level.toUpperCase()}</span>
      <span className={styles.lineText}>{line.message}</span>
    </div>
  );
}
