import { useEffect, useRef, useState } from "react";
import type { Json } from "../schema/jsonSchema";
import { keepPendingText, pendingText } from "./pendingTexts";

export interface JsonText {
  text: string;
  /** Why the text is no JSON; null when it is. */
  fault: string | null;
  setText: (text: string) => void;
}

/** A JSON value as text that may be broken while it is typed. Empty text stands for `whenEmpty`. */
export function useJsonText(input: {
  formId: string;
  field: string;
  value: Json | undefined;
  whenEmpty: Json | undefined;
  onChange: (value: Json | undefined) => void;
}): JsonText {
  const { formId, field, value, whenEmpty, onChange } = input;
  const [text, setText] = useState(() => pendingText(formId, field) ?? write(value));
  const [fault, setFault] = useState(() => read(text, whenEmpty).fault);
  // What this field itself has reported, to tell it from changes such as undo.
  const reported = useRef<string>(JSON.stringify(value ?? null));

  useEffect(() => {
    const serialized = JSON.stringify(value ?? null);
    if (serialized === reported.current) return;
    reported.current = serialized;
    keepPendingText(formId, field, null);
    setText(write(value));
    setFault(null);
  }, [value, formId, field]);

  function change(next: string): void {
    setText(next);
    const result = read(next, whenEmpty);
    setFault(result.fault);
    keepPendingText(formId, field, result.fault === null ? null : next);
    if (result.fault !== null) return;
    const serialized = JSON.stringify(result.value ?? null);
    if (serialized === reported.current) return;
    reported.current = serialized;
    onChange(result.value);
  }

  return { text, fault, setText: change };
}

function write(value: Json | undefined): string {
  return value === undefined || value === null ? "" : JSON.stringify(value, null, 2);
}

function read(text: string, whenEmpty: Json | undefined): { value: Json | undefined; fault: string | null } {
  if (text.trim() === "") return { value: whenEmpty, fault: null };
  try {
    return { value: JSON.parse(text) as Json, fault: null };
  } catch (error) {
    return { value: undefined, fault: error instanceof Error ? describe(error.message, text) : String(error) };
  }
}

/** Engines name an offset; people look for a line. */
function describe(message: string, text: string): string {
  const short = message.replace(/^JSON\.parse: /, "").replace(/ in JSON at position \d+.*$/, "").replace(/, ?(?:"|\.\.\.).*is not valid JSON$/s, "");
  const position = /position (\d+)/.exec(message)?.[1];
  if (position === undefined || /\(line \d+/.test(short)) return short;
  return `${short}, ${text.slice(0, Number(position)).split("\n").length}:${Number(position) - text.lastIndexOf("\n", Number(position) - 1)}`;
}
