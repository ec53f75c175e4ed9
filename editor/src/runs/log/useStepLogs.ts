import { useCallback, useEffect, useReducer, useState } from "react";
import { fetchStepLogs, logEventsPath, type LogTry } from "../../api/executions";
import { hasServerEvents, useServerEvents } from "../../api/serverEvents";
import { isObject } from "../../schema/jsonSchema";
import type { LogLine, LogPage } from "../types";

export interface StepLogs {
  lines: readonly LogLine[];
  /** Nothing more will come. */
  done: boolean;
  /** There is more than is shown. */
  truncated: boolean;
  error: Error | null;
  /** No answer has come yet. */
  pending: boolean;
  /** Lines come as they are written. */
  live: boolean;
}

const POLL_MS = 1000;
const MAX_BACKOFF_MS = 15_000;
// How long a stream may be silent before it is read without one: at first, and once it was open.
const PATIENCE_MS = 1500;
const PATIENCE_OPENED_MS = 5000;
const STREAM_AGAIN_MS = 60_000;
// A log that grows for hours must not fill the browser.
export const MOST_LINES = 10_000;
const EVENTS = ["open", "reset", "lines", "end"] as const;

interface State extends Omit<StepLogs, "live"> {
  /** What comes next takes the place of all that was read. */
  anew: boolean;
}

type Action = { type: "reset" } | { type: "anew" } | { type: "page"; lines: readonly LogLine[]; truncated: boolean } | { type: "done"; truncated: boolean } | { type: "error"; error: Error };

const START: State = { lines: [], done: false, truncated: false, error: null, pending: true, anew: false };

function reduce(state: State, action: Action): State {
  switch (action.type) {
    case "reset":
      return START;
    case "anew":
      return { ...state, anew: true, error: null };
    case "page": {
      const before = state.anew ? [] : state.lines;
      const lines = action.lines.length > 0 ? [...before, ...action.lines] : before;
      const tooMany = lines.length > MOST_LINES;
      return { ...state, lines: tooMany ? lines.slice(-MOST_LINES) : lines, truncated: (!state.anew && state.truncated) || action.truncated || tooMany, error: null, pending: false, anew: false };
    }
    case "done":
      return { ...state, done: true, truncated: state.truncated || action.truncated, error: null, pending: false };
    case "error":
      return { ...state, error: action.error, pending: false };
  }
}

/**
 * The log of one try, followed until the server says that it is complete: by its events, or where none come
 * through, by reading again and again. A failed read is tried again, slower each time.
 */
export function useStepLogs({ executionId, nodeId, item = null, tryNumber }: Omit<LogTry, "item"> & { item?: number | null }): StepLogs {
  const [state, dispatch] = useReducer(reduce, START);
  const [givenUp, setGivenUp] = useState(false);
  const polled = givenUp || !hasServerEvents();
  const [opened, setOpened] = useState(false);

  useEffect(() => {
    dispatch({ type: "reset" });
    setGivenUp(false);
    setOpened(false);
  }, [executionId, nodeId, item, tryNumber]);

  const path = state.done || polled ? null : logEventsPath({ executionId, nodeId, item, tryNumber });
  const { live, broken } = useServerEvents(path, EVENTS, (type, data, id) => {
    if (type === "lines" && isPage(data)) dispatch({ type: "page", lines: data.lines, truncated: data.truncated ?? false });
    else if (type === "end") dispatch({ type: "done", truncated: isObject(data) && data["truncated"] === true });
    // From its beginning, as an id of zero says, or on from where the stream had broken off.
    else if (id.endsWith("-0")) dispatch({ type: "anew" });
    // The server does not remember what was missed; it can be read.
    else if (type === "reset") setGivenUp(true);
  });

  useEffect(() => {
    if (live) setOpened(true);
    if (live || polled || state.done) return undefined;
    const timer = setTimeout(() => setGivenUp(true), broken ? 0 : opened ? PATIENCE_OPENED_MS : PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [live, broken, opened, polled, state.done]);

  const read = useCallback(
    (signal: AbortSignal, token: string | null): Promise<LogPage> => fetchStepLogs({ executionId, nodeId, item, tryNumber, token }, signal),
    [executionId, nodeId, item, tryNumber],
  );
  useEffect(() => {
    if (!polled) return undefined;
    dispatch({ type: "anew" });
    const stop = poll(read, dispatch);
    const again = setTimeout(() => {
      setOpened(false);
      setGivenUp(false);
    }, STREAM_AGAIN_MS);
    return () => {
      stop();
      clearTimeout(again);
    };
  }, [polled, read]);

  const { lines, done, truncated, error, pending } = state;
  return { lines, done, truncated, error, pending, live };
}

/** A log that is read again and again until it is complete. `read` must be stable. */
export function usePolledLog(read: (signal: AbortSignal, token: string | null) => Promise<LogPage>): StepLogs {
  const [state, dispatch] = useReducer(reduce, START);
  useEffect(() => {
    dispatch({ type: "reset" });
    return poll(read, dispatch);
  }, [read]);
  const { lines, done, truncated, error, pending } = state;
  return { lines, done, truncated, error, pending, live: false };
}

/** @returns what ends it */
function poll(read: (signal: AbortSignal, token: string | null) => Promise<LogPage>, dispatch: (action: Action) => void): () => void {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let token: string | null = null;
  let failures = 0;
  const step = async (): Promise<void> => {
    try {
      const page = await read(controller.signal, token);
      if (controller.signal.aborted) return;
      failures = 0;
      token = page.next_token;
      dispatch({ type: "page", lines: page.lines, truncated: page.truncated ?? false });
      // Without a token the next read would start from the beginning again.
      if (page.done || page.next_token === null) dispatch({ type: "done", truncated: false });
      // A full page is followed at once by the next one.
      else timer = setTimeout(() => void step(), page.lines.length > 0 ? POLL_MS / 4 : POLL_MS);
    } catch (error) {
      if (controller.signal.aborted) return;
      failures += 1;
      dispatch({ type: "error", error: error instanceof Error ? error : new Error(String(error)) });
      timer = setTimeout(() => void step(), Math.min(MAX_BACKOFF_MS, POLL_MS * 2 ** failures));
    }
  };
  void step();
  return () => {
    controller.abort();
    clearTimeout(timer);
  };
}

function isPage(data: unknown): data is LogPage {
  return isObject(data) && Array.isArray(data["lines"]);
}
