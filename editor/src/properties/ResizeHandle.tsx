import type { KeyboardEvent, PointerEvent } from "react";
import { useMessages } from "../i18n/useMessages";
import { propertiesMessages } from "./messages";
import styles from "./properties.module.css";

export interface ResizeHandleProps {
  /** Width of the panel in pixels. */
  width: number;
  onChange: (width: number) => void;
  min: number;
  max: number;
}

/** The left edge of the panel, to be dragged or moved with the arrow keys. */
export function ResizeHandle({ width, onChange, min, max }: ResizeHandleProps) {
  const t = useMessages(propertiesMessages);
  const limit = (value: number) => Math.round(Math.max(min, Math.min(max, value)));

  function onPointerDown(event: PointerEvent<HTMLDivElement>): void {
    const handle = event.currentTarget;
    const start = event.clientX;
    handle.setPointerCapture(event.pointerId);
    const move = (moved: globalThis.PointerEvent) => onChange(limit(width + start - moved.clientX));
    const stop = () => {
      handle.removeEventListener("pointermove", move);
      handle.removeEventListener("pointerup", stop);
      handle.removeEventListener("pointercancel", stop);
    };
    handle.addEventListener("pointermove", move);
    handle.addEventListener("pointerup", stop);
    handle.addEventListener("pointercancel", stop);
  }

  function onKeyDown(event: KeyboardEvent): void {
    const by = event.key === "ArrowLeft" ? 20 : event.key === "ArrowRight" ? -20 : 0;
    if (by === 0) return;
    event.preventDefault();
    onChange(limit(width + by));
  }

  return (
    <div
      role="separator"
      aria-orientation="vertical"
      aria-label={t("resize")}
      aria-valuenow={width}
      aria-valuemin={min}
      aria-valuemax={max}
      tabIndex={0}
      className={styles.resize}
      onPointerDown={onPointerDown}
      onKeyDown={onKeyDown}
    />
  );
}
