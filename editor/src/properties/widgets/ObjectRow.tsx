import { ChevronRight, CircleAlert, Copy, GripVertical, Trash2, TriangleAlert } from "lucide-react";
import { memo, useId, useState, type DragEvent, type KeyboardEvent } from "react";
import { useLocale, useMessages } from "../../i18n/useMessages";
import type { JsonObject } from "../../schema/jsonSchema";
import type { ObjectField } from "../fieldSpec";
import groups from "../groups.module.css";
import { issuesAt, issuesUnder, type FormIssue } from "../issueIndex";
import { propertiesMessages } from "../messages";
import { rowSummary } from "../rowSummary";
import { useOpenOnFocus } from "../useFieldFocus";
import { RowIssues } from "./RowIssues";
import type { WidgetProps } from "./types";
import styles from "./widgets.module.css";

export interface ObjectRowProps {
  rowKey: string;
  field: ObjectField;
  item: JsonObject;
  index: number;
  last: number;
  /** Path of the list as text: a row moves only within its own. */
  list: string;
  issues: readonly FormIssue[];
  readOnly: boolean;
  startsOpen: boolean;
  /** No more rows are allowed. */
  full: boolean;
  onRemove: (index: number) => void;
  onDuplicate: (index: number) => void;
  onMove: (from: number, to: number) => void;
  Fields: WidgetProps["Fields"];
}

/** One object of a list: a line that tells what it holds, and its form. A closed one costs next to nothing. */
export const ObjectRow = memo(function ObjectRow(props: ObjectRowProps) {
  const { field, item, index, last, list, readOnly, Fields } = props;
  const t = useMessages(propertiesMessages);
  const russian = useLocale().startsWith("ru");
  const id = useId();
  const path = [...list.split("."), index];
  const name = path.join(".");
  const found = issuesUnder(props.issues, path);
  const [open, setOpen] = useState(props.startsOpen || found.length > 0);
  const [over, setOver] = useState(false);
  useOpenOnFocus([path], () => setOpen(true));
  const type = `application/x-flowforge-row-${list.toLowerCase()}`;
  const summary = rowSummary(field.fields, item, russian);
  const errors = found.some((issue) => issue.severity === "error");
  const Mark = errors ? CircleAlert : TriangleAlert;
  const row = t("rowNumber", { row: index + 1 });

  function onKeyDown(event: KeyboardEvent): void {
    const to = event.key === "ArrowUp" ? index - 1 : event.key === "ArrowDown" ? index + 1 : null;
    if (to === null) return;
    event.preventDefault();
    props.onMove(index, to);
  }

  function onDrop(event: DragEvent): void {
    setOver(false);
    const from = event.dataTransfer.getData(type);
    if (from === "") return;
    event.preventDefault();
    event.stopPropagation();
    props.onMove(Number(from), index);
  }

  return (
    <div
      className={groups.row}
      data-testid={`row-${name}`}
      data-field={name}
      data-row={props.rowKey}
      data-over={over || undefined}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes(type)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={onDrop}
    >
      <div className={groups.rowHead}>
        {!readOnly && last > 0 && (
          <span
            role="button"
            tabIndex={0}
            draggable
            data-grip
            className={groups.handle}
            aria-label={t("moveRow", { label: row })}
            title={t("moveRow", { label: row })}
            onKeyDown={onKeyDown}
            onDragStart={(event) => {
              event.dataTransfer.effectAllowed = "move";
              event.dataTransfer.setData(type, String(index));
            }}
          >
            <GripVertical size={14} aria-hidden />
          </span>
        )}
        <button type="button" className={groups.rowToggle} aria-expanded={open} aria-controls={`${id}-body`} data-testid={`row-toggle-${name}`} onClick={() => setOpen(!open)}>
          <ChevronRight size={14} aria-hidden />
          <span className={groups.number}>{index + 1}</span>
          <span className={groups.summary} data-empty={summary === "" || undefined} title={summary}>
            {summary || t("rowEmpty")}
          </span>
          {found.length > 0 && (
            <span className={groups.mark} data-severity={errors ? "error" : "warning"} role="img" aria-label={t("issues", { count: found.length })}>
              <Mark size={14} aria-hidden />
            </span>
          )}
        </button>
        {!readOnly && (
          <div className={styles.rowActions}>
            <button type="button" data-testid="row-duplicate" aria-label={t("duplicateRow", { row: index + 1 })} title={t("duplicate")} disabled={props.full} onClick={() => props.onDuplicate(index)}>
              <Copy size={13} aria-hidden />
            </button>
            <button type="button" data-testid="row-remove" aria-label={t("removeRow", { row: index + 1 })} title={t("remove")} onClick={() => props.onRemove(index)}>
              <Trash2 size={13} aria-hidden />
            </button>
          </div>
        )}
      </div>
      {open && (
        <div id={`${id}-body`} className={groups.rowBody} role="group" aria-label={row}>
          <RowIssues issues={issuesAt(found, path, field.fields.map((one) => [...path, one.name]))} />
          <Fields fields={field.fields} values={item} path={path} />
        </div>
      )}
    </div>
  );
});
