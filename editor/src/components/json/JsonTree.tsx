import { Check, ChevronRight, Copy, Link2 } from "lucide-react";
import { useMemo, useRef, useState, type DragEvent, type KeyboardEvent } from "react";
import { useMessages } from "../../i18n/useMessages";
import type { Json } from "../../schema/jsonSchema";
import { expressionPath, type Path } from "../../schema/paths";
import { copyText } from "./copyText";
import styles from "./JsonTree.module.css";
import { jsonRows, PAGE, type JsonRow } from "./jsonRows";
import { jsonMessages } from "./messages";
import { PATH_TYPE } from "./pathType";

export interface JsonTreeProps {
  value: Json;
  /** Where the value stands in expressions, such as ["steps", "get_product"]. */
  rootPath: Path;
  label: string;
  search?: string;
  /** Levels that are open at first. */
  openDepth?: number;
  /** Makes rows draggable, and is called with the path of a clicked one. */
  onPick?: ((path: string) => void) | undefined;
  /** Offers to copy the path; off where paths mean nothing. */
  withPaths?: boolean;
}

/** A JSON value as a tree that the keyboard can walk, with copying of paths and values. */
export function JsonTree({ value, rootPath, label, search = "", openDepth = 2, onPick, withPaths = true }: JsonTreeProps) {
  const t = useMessages(jsonMessages);
  const [toggled, setToggled] = useState<ReadonlyMap<string, boolean>>(new Map());
  const [shown, setShown] = useState<ReadonlyMap<string, number>>(new Map());
  const [active, setActive] = useState<string | null>(null);
  const [copied, setCopied] = useState<string | null>(null);
  const tree = useRef<HTMLDivElement>(null);
  const rows = useMemo(
    () => jsonRows(value, { rootPath, search, shown, isOpen: (id, depth) => toggled.get(id) ?? depth < openDepth - 1 }),
    [value, rootPath, search, shown, toggled, openDepth],
  );
  const current = rows.find((row) => row.id === active) ?? rows[0];

  function toggle(row: JsonRow, open: boolean): void {
    setToggled((before) => new Map(before).set(row.id, open));
  }

  function showMore(row: JsonRow): void {
    const id = row.id.slice(0, -1);
    setShown((before) => new Map(before).set(id, (before.get(id) ?? PAGE) + 10 * PAGE));
  }

  function copy(row: JsonRow, what: "path" | "value"): void {
    const text = what === "path" ? row.id : typeof row.value === "string" ? row.value : JSON.stringify(row.value, null, 2);
    void copyText(text).then(() => {
      setCopied(`${what}:${row.id}`);
      setTimeout(() => setCopied(null), 1200);
    });
  }

  function focusRow(index: number): void {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (!row) return;
    setActive(row.id);
    const elements = tree.current?.querySelectorAll<HTMLElement>("[role=treeitem]");
    elements?.[rows.indexOf(row)]?.focus();
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (!current || event.target !== event.currentTarget.querySelector(":focus")) return;
    const index = rows.indexOf(current);
    const parent = rows.findLastIndex((row, place) => place < index && row.depth < current.depth);
    if (event.key === "ArrowDown") focusRow(index + 1);
    else if (event.key === "ArrowUp") focusRow(index - 1);
    else if (event.key === "Home") focusRow(0);
    else if (event.key === "End") focusRow(rows.length - 1);
    else if (event.key === "ArrowRight" && current.open) focusRow(index + 1);
    else if (event.key === "ArrowRight" && current.size !== null) toggle(current, true);
    else if (event.key === "ArrowLeft" && current.open) toggle(current, false);
    else if (event.key === "ArrowLeft" && parent >= 0) focusRow(parent);
    else if (event.key === "Enter" || event.key === " ") activate(current);
    else if (event.key.toLowerCase() === "c" && (event.ctrlKey || event.metaKey) && current.more === undefined) copy(current, "value");
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function activate(row: JsonRow): void {
    if (row.more !== undefined) showMore(row);
    else if (onPick) onPick(row.id);
    else if (row.size !== null) toggle(row, !row.open);
  }

  if (rows.length === 0) {
    const empty = Array.isArray(value) ? t("emptyList") : t("emptyObject");
    return <p className={styles.empty}>{search.trim() ? t("noMatch", { search: search.trim() }) : empty}</p>;
  }
  return (
    <div ref={tree} role="tree" aria-label={label} className={styles.tree} onKeyDown={onKeyDown}>
      {rows.map((row) => (
        <div
          key={row.id}
          role="treeitem"
          aria-level={row.depth + 1}
          aria-expanded={row.size === null ? undefined : row.open}
          aria-selected={row === current}
          tabIndex={row === current ? 0 : -1}
          data-testid={`json-${row.id}`}
          className={styles.row}
          style={{ paddingInlineStart: `calc(${row.depth} * 14px + 2px)` }}
          draggable={onPick !== undefined && row.more === undefined}
          title={onPick && row.more === undefined ? t("insert", { path: row.id }) : undefined}
          onFocus={() => setActive(row.id)}
          onDragStart={(event) => startDrag(event, row)}
          onClick={() => activate(row)}
        >
          {row.more !== undefined ? (
            <span className={styles.more}>{t("more", { count: Math.min(row.more, 10 * PAGE) })}</span>
          ) : (
            <>
              <span
                className={styles.twist}
                data-open={row.open || undefined}
                data-hidden={row.size === null || undefined}
                onClick={(event) => {
                  if (row.size === null) return;
                  event.stopPropagation();
                  toggle(row, !row.open);
                }}
              >
                <ChevronRight size={13} aria-hidden />
              </span>
              <span className={styles.key} data-index={typeof row.key === "number" || undefined}>
                {row.key}
              </span>
              <RowValue row={row} />
              <span className={styles.actions}>
                {withPaths && (
                  <RowAction label={t("copyPath", { path: expressionPath(row.path) })} done={copied === `path:${row.id}`} onClick={() => copy(row, "path")}>
                    <Link2 size={13} aria-hidden />
                  </RowAction>
                )}
                <RowAction label={t("copyValue")} done={copied === `value:${row.id}`} onClick={() => copy(row, "value")}>
                  <Copy size={13} aria-hidden />
                </RowAction>
              </span>
            </>
          )}
        </div>
      ))}
    </div>
  );
}

function startDrag(event: DragEvent, row: JsonRow): void {
  event.dataTransfer.effectAllowed = "copy";
  event.dataTransfer.setData(PATH_TYPE, row.id);
  event.dataTransfer.setData("text/plain", `{{ ${row.id} }}`);
}

function RowValue({ row }: { row: JsonRow }) {
  const t = useMessages(jsonMessages);
  if (row.size !== null) {
    const key = row.type === "array" ? "items" : "keys";
    return <span className={styles.size}>{t(key, { count: row.size })}</span>;
  }
  const text = typeof row.value === "string" ? row.value : String(row.value);
  return (
    <span className={styles.value} data-type={row.type} title={text.length > 60 ? text.slice(0, 2000) : undefined}>
      {text === "" ? "“”" : text.length > 500 ? `${text.slice(0, 500)}…` : text}
    </span>
  );
}

function RowAction(props: { label: string; done: boolean; onClick: () => void; children: React.ReactNode }) {
  return (
    <button
      type="button"
      tabIndex={-1}
      className={styles.action}
      aria-label={props.label}
      title={props.label}
      onClick={(event) => {
        event.stopPropagation();
        props.onClick();
      }}
    >
      {props.done ? <Check size={13} aria-hidden /> : props.children}
    </button>
  );
}
