import { useEffect, useRef, useState, type ReactElement, type ReactNode, type RefObject } from "react";
import { classes } from "./classes";
import styles from "./Menu.module.css";
import { placeBox, type Box } from "./place";

export interface MenuItem {
  id: string;
  label: string;
  icon?: ReactNode;
  shortcut?: string;
  tone?: "danger";
  /** Why it cannot be used now; the item stays readable. */
  disabledReason?: string | null | undefined;
  /** Draw a line above. */
  separated?: boolean;
  href?: string;
  onSelect?: () => void;
}

export interface MenuProps {
  items: readonly MenuItem[];
  label: string;
  /** The button that opens it, given its state and what to do. */
  trigger: (button: { open: boolean; toggle: () => void; ref: RefObject<HTMLButtonElement | null> }) => ReactElement;
}

/** A button with a list of actions. */
export function Menu({ items, label, trigger }: MenuProps) {
  const button = useRef<HTMLButtonElement>(null);
  const [anchor, setAnchor] = useState<Box | null>(null);
  const toggle = () => {
    setAnchor(anchor ? null : (button.current?.getBoundingClientRect() ?? null));
  };
  return (
    <>
      {trigger({ open: anchor !== null, toggle, ref: button })}
      {anchor && (
        <MenuList
          items={items}
          label={label}
          anchor={anchor}
          align="end"
          ignore={button}
          onClose={(refocus) => {
            setAnchor(null);
            if (refocus) button.current?.focus();
          }}
        />
      )}
    </>
  );
}

export interface MenuListProps {
  items: readonly MenuItem[];
  label: string;
  anchor: Box;
  align?: "start" | "end";
  /** Pressing this element does not close the list: it closes it by itself. */
  ignore?: RefObject<HTMLElement | null>;
  /** `refocus` tells that the keyboard closed it, so the focus should go back. */
  onClose: (refocus: boolean) => void;
}

/** The list alone, for context menus; in the top layer, with the keys of the ARIA menu pattern. */
export function MenuList({ items, label, anchor, align = "start", ignore, onClose }: MenuListProps) {
  const list = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const element = list.current;
    if (!element) return;
    element.showPopover();
    const { left, top } = placeBox(anchor, element.getBoundingClientRect(), { width: window.innerWidth, height: window.innerHeight }, { side: "bottom", align, gap: 4 });
    element.style.left = `${left}px`;
    element.style.top = `${top}px`;
    itemsOf(element)[0]?.focus({ preventScroll: true });
  }, [anchor, align]);

  useEffect(() => {
    // composedPath: seen from the document, everything in the shadow root is one element.
    const onPress = (event: Event) => {
      const path = event.composedPath();
      if (list.current && path.includes(list.current)) return;
      if (ignore?.current && path.includes(ignore.current)) return;
      onClose(false);
    };
    const onLeave = () => {
      onClose(false);
    };
    document.addEventListener("pointerdown", onPress, true);
    window.addEventListener("blur", onLeave);
    window.addEventListener("resize", onLeave);
    return () => {
      document.removeEventListener("pointerdown", onPress, true);
      window.removeEventListener("blur", onLeave);
      window.removeEventListener("resize", onLeave);
    };
  }, [ignore, onClose]);

  const choose = (item: MenuItem) => {
    if (item.disabledReason) return;
    onClose(true);
    item.onSelect?.();
  };
  return (
    <div
      ref={list}
      role="menu"
      aria-label={label}
      popover="manual"
      className={styles.menu}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (list.current && moveFocus(list.current, event.key)) event.preventDefault();
        else if (event.key === "Escape" || event.key === "Tab") {
          event.preventDefault();
          onClose(true);
        }
      }}
      onContextMenu={(event) => event.preventDefault()}
    >
      {items.map((item) => (
        <Item key={item.id} item={item} onChoose={choose} />
      ))}
    </div>
  );
}

function Item({ item, onChoose }: { item: MenuItem; onChoose: (item: MenuItem) => void }) {
  const shared = {
    role: "menuitem",
    tabIndex: -1,
    className: classes(styles.item, item.tone === "danger" && styles.danger, item.separated && styles.separated),
    "aria-disabled": item.disabledReason ? true : undefined,
    title: item.disabledReason ?? undefined,
    "data-testid": `menu-${item.id}`,
    onClick: () => {
      onChoose(item);
    },
    onPointerMove: (event: { currentTarget: HTMLElement }) => {
      event.currentTarget.focus({ preventScroll: true });
    },
  };
  const content = (
    <>
      <span className={styles.icon} aria-hidden>
        {item.icon}
      </span>
      <span className={styles.label}>{item.label}</span>
      {item.shortcut && <kbd className={styles.shortcut}>{item.shortcut}</kbd>}
    </>
  );
  return item.href && !item.disabledReason ? (
    <a {...shared} href={item.href} target="_blank" rel="noreferrer">
      {content}
    </a>
  ) : (
    <button type="button" {...shared}>
      {content}
    </button>
  );
}

function itemsOf(list: HTMLElement): HTMLElement[] {
  return [...list.querySelectorAll<HTMLElement>('[role="menuitem"]')];
}

/** Arrow keys, Home, End and first letters; tells whether the key meant something. */
function moveFocus(list: HTMLElement, key: string): boolean {
  const items = itemsOf(list);
  const root = list.getRootNode() as Document | ShadowRoot;
  const now = items.indexOf(root.activeElement as HTMLElement);
  const to = nextIndex(items, now, key);
  if (to === null) return false;
  items[to]?.focus({ preventScroll: true });
  return true;
}

function nextIndex(items: readonly HTMLElement[], now: number, key: string): number | null {
  if (key === "ArrowDown") return (now + 1) % items.length;
  if (key === "ArrowUp") return (now - 1 + items.length) % items.length;
  if (key === "Home") return 0;
  if (key === "End") return items.length - 1;
  if (key.length !== 1 || key === " ") return null;
  const order = items.map((_, index) => (now + 1 + index) % items.length);
  return order.find((index) => items[index]?.textContent?.trim().toLowerCase().startsWith(key.toLowerCase())) ?? null;
}
