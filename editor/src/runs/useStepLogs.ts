import { useEffect, useReducer, useRef } from "react";
import { fetchStepLogs } from "../api/executions";
import type { LogLine } from "./types";

export interface StepLogs {
  lines: readonly LogLine[];
  /** Nothing more will come. */
  done: boolean;
  error: Error | null;
  /** No answer has come yet. */
  pending: boolean;
}

const POLL_MS = 1000;
const MAX_BACKOFF_MS = 15_000;

type Action = { type: "reset" } | { type: "page"; lines: readonly LogLine[]; done: boolean } | { type: "error"; error: Error };

const START: StepLogs = { lines: [], done: false, error: null, pending: true };

function reduce(state: StepLogs, action: Action): StepLogs {
  switch (action.type) {
    case "reset":
      return START;
    case "page":
      return { lines: action.lines.length > 0 ? [...state.lines, ...action.lines] : state.lines, done: action.done, error: null, pending: false };
    case "error":
      return { ...state, error: action.error, pending: false };
  }
}

export interface LogQuery {
  executionId: string;
  nodeId: string;
  /** In a loop: the log is that of the task that takes this item. */
  item?: number | null;
  tryNumber: number;
}

/** The log of one try, followed until the server says that it is complete. A failed read is tried again, slower each time. */
export function useStepLogs({ executionId, nodeId, item = null, tryNumber }: LogQuery): StepLogs {
  const [state, dispatch] = useReducer(reduce, START);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

  useEffect(() => {
    const controller = new AbortController();
    let token: string | null = null;
    let failures = 0;
    dispatch({ type: "reset" });

    async function read(): Promise<void> {
      try {
        const page = await fetchStepLogs({ executionId, nodeId, item, tryNumber, token }, controller.signal);
        if (controller.signal.aborted) return;
        failures = 0;
        // Without a token the next read would start from the beginning again.
        const complete = page.done || page.next_token === null;
        token = page.next_token;
        dispatch({ type: "page", lines: page.lines, done: complete });
        // A full page is followed at once by the next one.
        if (!complete) timer.current = setTimeout(() => void read(), page.lines.length > 0 ? POLL_MS / 4 : POLL_MS);
      } catch (error) {
        if (controller.signal.aborted) return;
        failures += 1;
        dispatch({ type: "error", error: error instanceof Error ? error : new Error(String(error)) });
        timer.current = setTimeout(() => void read(), Math.min(MAX_BACKOFF_MS, POLL_MS * 2 ** failures));
      }
    }

    void read();
    return () => {
      controller.abort();
      clearTimeout(timer.current);
    };
  }, [executionId, nodeId, item, tryNumber]);

  return state;
}
