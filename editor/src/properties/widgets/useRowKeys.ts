import { useMemo, useState } from "react";

export interface RowKeys {
  list: readonly string[];
  /** Returns the key of the new row. */
  insert: (index: number) => string;
  remove: (index: number) => void;
  /** Returns the key of the row that moves. */
  move: (from: number, to: number) => string;
}

let counter = 0;
const newKey = () => `row-${(counter += 1)}`;

/** Keys by which rows keep what is theirs (open, focus, undo of their editors) when others come, go and move. */
export function useRowKeys(count: number): RowKeys {
  const [stored, setStored] = useState<readonly string[]>(() => Array.from({ length: count }, newKey));
  // Undo and imports change the list from outside: rows at the end come and go then.
  const list = useMemo(() => (stored.length === count ? stored : Array.from({ length: count }, (_one, index) => stored[index] ?? newKey())), [stored, count]);
  return useMemo(
    () => ({
      list,
      insert: (index) => {
        const key = newKey();
        setStored([...list.slice(0, index), key, ...list.slice(index)]);
        return key;
      },
      remove: (index) => setStored(list.filter((_one, place) => place !== index)),
      move: (from, to) => {
        const next = [...list];
        const [key = ""] = next.splice(from, 1);
        next.splice(to, 0, key);
        setStored(next);
        return key;
      },
    }),
    [list],
  );
}
