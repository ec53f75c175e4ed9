import { GripVertical } from "lucide-react";
import { useState, type DragEvent, type KeyboardEvent } from "react";
import { useMessages } from "../../i18n/useMessages";
import { propertiesMessages } from "../messages";
import styles from "./widgets.module.css";

export interface RowGripProps {
  index: number;
  last: number;
  /** Path of the list: a row moves only within its own. */
  list: string;
  label: string;
  onMove: (from: number, to: number) => void;
}

/** Handle by which a row is dragged to another place, or moved with the arrow keys. */
export function RowGrip({ index, last, list, label, onMove }: RowGripProps) {
  const t = useMessages(propertiesMessages);
  const [over, setOver] = useState(false);
  // A type of its own for each list, in the form that browsers keep: lower case.
  const type = `application/x-flowforge-row-${list.toLowerCase()}`;

  function onKeyDown(event: KeyboardEvent): void {
    const to = event.key === "ArrowUp" ? index - 1 : event.key === "ArrowDown" ? index + 1 : null;
    if (to === null || to < 0 || to > last) return;
    event.preventDefault();
    onMove(index, to);
  }

  function onDrop(event: DragEvent): void {
    setOver(false);
    const from = event.dataTransfer.getData(type);
    if (from === "") return;
    event.preventDefault();
    event.stopPropagation();
    onMove(Number(from), index);
  }

  return (
    <span
      role="button"
      tabIndex={0}
      draggable
      className={styles.grip}
      data-over={over || undefined}
      aria-label={t("moveRow", { label })}
      title={t("moveRow", { label })}
      onKeyDown={onKeyDown}
      onDragStart={(event) => {
        event.dataTransfer.effectAllowed = "move";
        event.dataTransfer.setData(type, String(index));
      }}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes(type)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={onDrop}
    >
      <GripVertical size={14} aria-hidden />
    </span>
  );
}
