import { useState } from "react";

/** State that the browser remembers for the next visit; a convenience, so storage that is refused is no error. */
export function useStoredState<T extends boolean | number | string>(key: string, initial: T): [T, (value: T) => void] {
  const [value, setValue] = useState<T>(() => readStored(key) ?? initial);
  function store(next: T): void {
    setValue(next);
    try {
      localStorage.setItem(key, JSON.stringify(next));
    } catch {
      // Storage is full or switched off.
    }
  }
  return [value, store];

  function readStored(name: string): T | null {
    try {
      const stored: unknown = JSON.parse(localStorage.getItem(name) ?? "null");
      return typeof stored === typeof initial ? (stored as T) : null;
    } catch {
      return null;
    }
  }
}
