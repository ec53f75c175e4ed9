import { useEffect, useId, useRef, useState, type ReactNode } from "react";
import { placeBox } from "./place";
import styles from "./Tooltip.module.css";

export interface TooltipProps {
  text: string;
  shortcut?: string | undefined;
  children: ReactNode;
}

const DELAY_MS = 450;

/** Text on hover and keyboard focus, in the top layer, so that nothing covers or clips it. */
export function Tooltip({ text, shortcut, children }: TooltipProps) {
  const id = useId();
  const anchor = useRef<HTMLSpanElement>(null);
  const bubble = useRef<HTMLSpanElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const [open, setOpen] = useState(false);

  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    const target = anchor.current?.firstElementChild;
    const element = bubble.current;
    if (!open || !target || !element) return;
    element.showPopover();
    const viewport = { width: window.innerWidth, height: window.innerHeight };
    const { left, top } = placeBox(target.getBoundingClientRect(), element.getBoundingClientRect(), viewport, { side: "bottom", align: "center", gap: 6 });
    element.style.left = `${left}px`;
    element.style.top = `${top}px`;
  }, [open, text]);

  const show = (delay: number) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setOpen(true), delay);
  };
  const hide = () => {
    clearTimeout(timer.current);
    setOpen(false);
  };
  return (
    <span
      ref={anchor}
      className={styles.anchor}
      onPointerEnter={(event) => event.pointerType === "mouse" && show(DELAY_MS)}
      onPointerLeave={hide}
      onPointerDown={hide}
      onFocus={(event) => event.target.matches(":focus-visible") && show(0)}
      onBlur={hide}
      onKeyDown={(event) => event.key === "Escape" && hide()}
    >
      {children}
      {open && (
        <span ref={bubble} id={id} role="tooltip" popover="manual" className={styles.bubble}>
          {text}
          {shortcut && <kbd className={styles.key}>{shortcut}</kbd>}
        </span>
      )}
    </span>
  );
}
