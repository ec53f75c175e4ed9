import { Check, ChevronsUpDown } from "lucide-react";
import { useEffect, useId, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { useMessages } from "../../i18n/useMessages";
import { listTimezones, matchTimezones, offsetOf } from "../timezones";
import { propertiesMessages } from "../messages";
import styles from "./widgets.module.css";

export interface TimezonePickerProps {
  value: string;
  onChange: (value: string) => void;
  label: string;
  inputId?: string;
  describedBy?: string | undefined;
  invalid?: boolean;
  readOnly?: boolean;
  /** Zone that an empty value stands for; without it, empty is not offered. */
  inherited?: string;
}

const MAX_SHOWN = 80;

/** A text input with a list that narrows while one types: city, region, or an offset such as +3. */
export function TimezonePicker({ value, onChange, label, inputId, describedBy, invalid, readOnly, inherited }: TimezonePickerProps) {
  const t = useMessages(propertiesMessages);
  const listId = useId();
  const [search, setSearch] = useState<string | null>(null);
  const [active, setActive] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const zones = useMemo(listTimezones, []);
  const open = search !== null;
  const found = useMemo(() => (search === null ? [] : matchTimezones(zones, search).slice(0, MAX_SHOWN)), [zones, search]);
  const choices = inherited !== undefined && (search ?? "") === "" ? ["", ...found] : found;
  const shown = value === "" && inherited !== undefined ? t("timezoneInherit", { timezone: inherited }) : value;
  const unknown = value !== "" && !zones.includes(value);

  useEffect(() => {
    list.current?.querySelector(`[data-index="${active}"]`)?.scrollIntoView({ block: "nearest" });
  }, [active]);

  function choose(zone: string): void {
    onChange(zone);
    setSearch(null);
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) setSearch("");
      else setActive(Math.max(0, Math.min(choices.length - 1, active + (event.key === "ArrowDown" ? 1 : -1))));
    } else if (event.key === "Enter" && open) {
      event.preventDefault();
      const choice = choices[active];
      if (choice !== undefined) choose(choice);
    } else if (event.key === "Escape" && open) {
      event.stopPropagation();
      setSearch(null);
    }
  }

  return (
    <div className={styles.combo} onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && setSearch(null)}>
      <input
        id={inputId}
        className={styles.input}
        role="combobox"
        aria-expanded={open}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={open ? `${listId}-${active}` : undefined}
        aria-label={label}
        aria-describedby={describedBy}
        aria-invalid={invalid || unknown || undefined}
        autoComplete="off"
        spellCheck={false}
        readOnly={readOnly}
        placeholder={open && shown ? shown : t("timezoneSearch")}
        value={search ?? shown}
        onFocus={() => !readOnly && setSearch("")}
        onClick={() => !readOnly && search === null && setSearch("")}
        onChange={(event) => {
          setSearch(event.target.value);
          setActive(0);
        }}
        onKeyDown={onKeyDown}
      />
      <ChevronsUpDown size={14} aria-hidden className={styles.comboIcon} />
      {open && (
        <ul id={listId} ref={list} role="listbox" aria-label={label} className={styles.comboList}>
          {choices.map((zone, index) => (
            <li
              key={zone || "inherit"}
              id={`${listId}-${index}`}
              data-index={index}
              role="option"
              aria-selected={index === active}
              // The input must not lose its focus before the click arrives.
              onMouseDown={(event) => event.preventDefault()}
              onMouseEnter={() => setActive(index)}
              onClick={() => choose(zone)}
            >
              <span>{zone === "" ? t("timezoneInherit", { timezone: inherited ?? "" }) : zone.replace(/_/g, " ")}</span>
              <span className={styles.offset}>{offsetOf(zone || (inherited ?? "UTC"))}</span>
              {zone === value && <Check size={13} aria-hidden />}
            </li>
          ))}
          {choices.length === 0 && <li className={styles.comboEmpty}>{t("timezoneNone", { search: search ?? "" })}</li>}
        </ul>
      )}
      {unknown && !open && <p className={styles.fault}>{t("timezoneUnknown", { timezone: value })}</p>}
    </div>
  );
}
