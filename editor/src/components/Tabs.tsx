import { useId, type ReactNode } from "react";
import { classes } from "./classes";
import styles from "./Tabs.module.css";

export interface TabItem<Id extends string> {
  id: Id;
  label: string;
  icon?: ReactNode;
  /** After the label: a count, a state. */
  extra?: ReactNode;
}

export interface TabsProps<Id extends string> {
  tabs: readonly TabItem<Id>[];
  selected: Id;
  onSelect: (id: Id) => void;
  label: string;
  /** What the selected tab shows. */
  children: ReactNode;
  /** At the end of the row of tabs. */
  actions?: ReactNode;
  /** Leave the content out: only the row is seen. */
  collapsed?: boolean;
}

/** Tabs with the arrow keys of the ARIA pattern. */
export function Tabs<Id extends string>({ tabs, selected, onSelect, label, children, actions, collapsed = false }: TabsProps<Id>) {
  const id = useId();
  const move = (list: HTMLElement, key: string): boolean => {
    const now = tabs.findIndex((tab) => tab.id === selected);
    const to = key === "ArrowRight" ? now + 1 : key === "ArrowLeft" ? now - 1 : key === "Home" ? 0 : key === "End" ? tabs.length - 1 : null;
    if (to === null) return false;
    const next = tabs[(to + tabs.length) % tabs.length];
    if (!next) return false;
    onSelect(next.id);
    list.querySelector<HTMLElement>(`[data-tab="${next.id}"]`)?.focus();
    return true;
  };
  return (
    <div className={styles.tabs}>
      <div className={styles.row}>
        <div
          role="tablist"
          aria-label={label}
          className={styles.list}
          data-collapsed={collapsed || undefined}
          onKeyDown={(event) => {
            if (move(event.currentTarget, event.key)) event.preventDefault();
          }}
        >
          {tabs.map((tab) => (
            <button
              key={tab.id}
              type="button"
              role="tab"
              id={`${id}-${tab.id}`}
              data-tab={tab.id}
              data-testid={`tab-${tab.id}`}
              aria-selected={tab.id === selected}
              aria-controls={`${id}-panel`}
              tabIndex={tab.id === selected ? 0 : -1}
              title={tab.icon ? tab.label : undefined}
              className={classes(styles.tab, tab.id === selected && !collapsed && styles.selected)}
              onClick={() => {
                onSelect(tab.id);
              }}
            >
              {tab.icon}
              <span className={styles.name}>{tab.label}</span>
              {tab.extra}
            </button>
          ))}
        </div>
        {actions && <div className={styles.actions}>{actions}</div>}
      </div>
      {!collapsed && (
        <div id={`${id}-panel`} role="tabpanel" aria-labelledby={`${id}-${selected}`} className={styles.panel}>
          {children}
        </div>
      )}
    </div>
  );
}
