import { ChevronsUpDown } from "lucide-react";
import { useEffect, useId, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { useMessages } from "../../i18n/useMessages";
import { propertiesMessages } from "../messages";
import { matchSuggestions, type Suggestion } from "../suggestions";
import styles from "./widgets.module.css";

export interface SuggestInputProps {
  value: string;
  onChange: (value: string) => void;
  suggestions: readonly Suggestion[];
  label: string;
  inputId?: string;
  describedBy?: string | undefined;
  invalid?: boolean;
  readOnly?: boolean;
  placeholder?: string;
  busy?: boolean;
  /** Why there may be nothing to choose from; stands in the list, so that nothing moves when it comes up. */
  note?: string | null;
  /** The text is taken as it is: by a choice, by Enter, or when the field is left. */
  onCommit?: (value: string) => void;
}

const MAX_SHOWN = 100;

/** Free text with offers that narrow while one types; nothing forces a choice. */
export function SuggestInput({ value, onChange, suggestions, label, inputId, describedBy, invalid, readOnly, placeholder, busy, note, onCommit }: SuggestInputProps) {
  const t = useMessages(propertiesMessages);
  const listId = useId();
  const list = useRef<HTMLUListElement>(null);
  const [open, setOpen] = useState(false);
  // A list that was just opened shows everything, also when a value is there already.
  const [typed, setTyped] = useState(false);
  const [active, setActive] = useState(-1);
  const found = useMemo(() => matchSuggestions(suggestions, typed ? value : "").slice(0, MAX_SHOWN), [suggestions, typed, value]);
  // Whoever types the name needs no word about the list.
  const reason = typed ? null : note;
  const shown = open && (found.length > 0 || busy || Boolean(reason));

  useEffect(() => {
    list.current?.querySelector(`[data-index="${active}"]`)?.scrollIntoView({ block: "nearest" });
  }, [active]);

  function show(): void {
    if (readOnly || open) return;
    setOpen(true);
    setTyped(false);
    setActive(-1);
  }

  function choose(next: string): void {
    onChange(next);
    setOpen(false);
    onCommit?.(next);
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) show();
      else setActive(Math.max(0, Math.min(found.length - 1, active + (event.key === "ArrowDown" ? 1 : -1))));
    } else if (event.key === "Enter" && (shown || onCommit)) {
      event.preventDefault();
      const choice = shown ? found[active] : undefined;
      if (choice || onCommit) choose(choice?.value ?? value);
      else setOpen(false);
    } else if (event.key === "Escape" && open) {
      event.stopPropagation();
      setOpen(false);
    }
  }

  return (
    <div className={styles.combo} onBlur={(event) => {
        if (event.currentTarget.contains(event.relatedTarget)) return;
        setOpen(false);
        onCommit?.(value);
      }}
    >
      <input
        id={inputId}
        className={styles.input}
        role="combobox"
        aria-expanded={Boolean(shown)}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={shown && active >= 0 ? `${listId}-${active}` : undefined}
        aria-busy={busy || undefined}
        aria-label={label}
        aria-describedby={describedBy}
        aria-invalid={invalid || undefined}
        autoComplete="off"
        spellCheck={false}
        readOnly={readOnly}
        placeholder={placeholder}
        value={value}
        onFocus={show}
        onClick={show}
        onChange={(event) => {
          setOpen(true);
          setTyped(true);
          setActive(-1);
          onChange(event.target.value);
        }}
        onKeyDown={onKeyDown}
      />
      <ChevronsUpDown size={14} aria-hidden className={styles.comboIcon} />
      {shown && (
        <ul id={listId} ref={list} role="listbox" aria-label={label} className={styles.comboList}>
          {found.map((one, index) => (
            <li
              key={one.value}
              id={`${listId}-${index}`}
              data-index={index}
              role="option"
              aria-selected={index === active}
              // The input must not lose its focus before the click arrives.
              onMouseDown={(event) => event.preventDefault()}
              onMouseEnter={() => setActive(index)}
              onClick={() => choose(one.value)}
            >
              <span>{one.label}</span>
              {one.description && <span className={styles.offset}>{one.description}</span>}
            </li>
          ))}
          {busy && <li className={styles.comboEmpty}>{t("suggestionsLoading")}</li>}
          {reason && <li className={styles.comboEmpty}>{reason}</li>}
        </ul>
      )}
    </div>
  );
}
