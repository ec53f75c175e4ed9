/** Undo and redo over immutable documents; edits with the same merge key close together are one step. */

export interface History<T> {
  past: readonly T[];
  future: readonly T[];
  /** What the last edit was, so that key strokes and drags join it. */
  lastKey: string | null;
  lastAt: number;
}

const LIMIT = 100;
const JOIN_MS = 1000;

export function emptyHistory<T>(): History<T> {
  return { past: [], future: [], lastKey: null, lastAt: 0 };
}

/** Note that `before` is about to be replaced. `now` in milliseconds. */
export function record<T>(history: History<T>, before: T, mergeKey: string | null, now: number): History<T> {
  const joins = mergeKey !== null && mergeKey === history.lastKey && now - history.lastAt < JOIN_MS && history.past.length > 0;
  return {
    past: joins ? history.past : [...history.past, before].slice(-LIMIT),
    future: [],
    lastKey: mergeKey,
    lastAt: now,
  };
}

export function undo<T>(history: History<T>, present: T): { history: History<T>; present: T } | null {
  const before = history.past.at(-1);
  if (before === undefined) return null;
  return {
    present: before,
    history: { past: history.past.slice(0, -1), future: [present, ...history.future], lastKey: null, lastAt: 0 },
  };
}

export function redo<T>(history: History<T>, present: T): { history: History<T>; present: T } | null {
  const [after, ...rest] = history.future;
  if (after === undefined) return null;
  return { present: after, history: { past: [...history.past, present], future: rest, lastKey: null, lastAt: 0 } };
}
