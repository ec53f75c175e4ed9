import { Plus } from "lucide-react";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import { useMessages } from "../../i18n/useMessages";
import { isObject, type Json, type JsonObject } from "../../schema/jsonSchema";
import type { ObjectListField } from "../fieldSpec";
import { effectiveValue, emptyValue, withNewIds } from "../fieldState";
import { useForm } from "../formContext";
import { propertiesMessages } from "../messages";
import { ObjectRow } from "./ObjectRow";
import { useOpenOnFocus } from "../useFieldFocus";
import type { WidgetProps } from "./types";
import { useRowKeys } from "./useRowKeys";
import styles from "./widgets.module.css";

const NO_VALUES: JsonObject = {};
// Rows that are drawn at once; nobody reads more of them, and each costs time.
const PAGE = 100;

/** A list of objects: each a small form that opens from one line; rows are added, copied, moved and removed. */
export function ObjectListWidget({ field, path, value, onChange, label, describedBy, Fields }: WidgetProps<ObjectListField>) {
  const t = useMessages(propertiesMessages);
  const form = useForm();
  const actual = effectiveValue(field, value);
  const items = Array.isArray(actual) ? actual : [];
  const keys = useRowKeys(items.length);
  const root = useRef<HTMLDivElement>(null);
  // A new row opens and takes the focus; a moved one keeps the focus on its handle.
  const [fresh, setFresh] = useState<string | null>(null);
  const [moved, setMoved] = useState<string | null>(null);
  const [limit, setLimit] = useState(PAGE);
  useOpenOnFocus([path], () => setLimit(items.length));
  const full = field.maxItems !== null && items.length >= field.maxItems;

  const latest = useRef({ items, onChange, keys, fields: field.item.fields });
  useLayoutEffect(() => {
    latest.current = { items, onChange, keys, fields: field.item.fields };
  });
  useEffect(() => {
    if (fresh) root.current?.querySelector<HTMLElement>(`[data-row="${fresh}"] :is(input, select, textarea, .cm-content, [role=switch])`)?.focus();
  }, [fresh]);
  useEffect(() => {
    if (moved) root.current?.querySelector<HTMLElement>(`[data-row="${moved}"] [data-grip]`)?.focus();
  }, [moved, keys.list]);

  const insert = useCallback((index: number, item: Json) => {
    const now = latest.current;
    setFresh(now.keys.insert(index));
    setLimit((before) => (index >= before ? index + 1 : before));
    now.onChange([...now.items.slice(0, index), withNewIds(item, now.fields, now.items), ...now.items.slice(index)]);
  }, []);
  const remove = useCallback((index: number) => {
    const now = latest.current;
    now.keys.remove(index);
    now.onChange(now.items.filter((_one, place) => place !== index));
  }, []);
  const move = useCallback((from: number, to: number) => {
    const now = latest.current;
    if (to < 0 || to >= now.items.length || to === from) return;
    setMoved(now.keys.move(from, to));
    const next = [...now.items];
    const [item] = next.splice(from, 1);
    next.splice(to, 0, item ?? null);
    now.onChange(next);
  }, []);
  const duplicate = useCallback((index: number) => insert(index + 1, structuredClone(latest.current.items[index] ?? null)), [insert]);

  const list = path.join(".");
  return (
    <div ref={root} role="group" aria-label={label} aria-describedby={describedBy} className={styles.rows}>
      {items.slice(0, limit).map((item, index) => (
        <ObjectRow
          key={keys.list[index]}
          rowKey={keys.list[index] ?? ""}
          field={field.item}
          item={isObject(item) ? item : NO_VALUES}
          index={index}
          last={items.length - 1}
          list={list}
          issues={form.issues}
          readOnly={form.readOnly}
          startsOpen={keys.list[index] === fresh || items.length === 1}
          full={full}
          onRemove={remove}
          onDuplicate={duplicate}
          onMove={move}
          Fields={Fields}
        />
      ))}
      {items.length > limit && (
        <button type="button" className={styles.link} data-testid={`more-${list}`} onClick={() => setLimit(items.length)}>
          {t("showAllRows", { count: items.length })}
        </button>
      )}
      {!form.readOnly && (
        <button type="button" className={styles.add} disabled={full} onClick={() => insert(items.length, emptyValue(field.item))} data-testid={`add-${list}`}>
          <Plus size={14} aria-hidden /> {t("add")}
        </button>
      )}
    </div>
  );
}
