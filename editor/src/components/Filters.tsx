import { Search, SlidersHorizontal } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useMessages } from "../i18n/useMessages";
import { Button } from "./Button";
import { inputClass } from "./Field";
import list from "./list.module.css";
import { componentMessages } from "./messages";

export interface FiltersProps {
  /** What can be looked for, in full and in short. */
  search: { label: string; hint: string; value: string; onChange: (value: string) => void };
  /** What is always shown. */
  children: ReactNode;
  /** What narrow screens show when it is asked for, so that the list is seen. */
  rest: ReactNode;
}

/** The filters above a list. */
export function Filters({ search, children, rest }: FiltersProps) {
  const t = useMessages(componentMessages);
  const [open, setOpen] = useState(false);
  return (
    <div className={list.filters} role="search">
      <div className={list.search}>
        <Search size={16} aria-hidden />
        <input type="search" className={inputClass} aria-label={search.label} title={search.label} placeholder={search.hint} data-testid="filter-search" value={search.value} onChange={(event) => search.onChange(event.target.value)} />
      </div>
      {children}
      <div className={list.rest} data-open={open || undefined}>
        {rest}
      </div>
      <div className={list.moreFilters}>
        <Button size="small" variant="ghost" icon={<SlidersHorizontal />} aria-expanded={open} testId="more-filters" onClick={() => setOpen(!open)}>
          {t(open ? "fewerFilters" : "moreFilters")}
        </Button>
      </div>
    </div>
  );
}

export interface FilterProps {
  /** Of its input: `filter-<name>`. */
  name: string;
  label: string;
  value: string;
  onChange: (value: string) => void;
}

/** An id, or a part of one. */
export function FilterText({ name, label, value, onChange }: FilterProps) {
  return (
    <label className={list.filter}>
      <span>{label}</span>
      <input className={inputClass} value={value} data-testid={`filter-${name}`} spellCheck={false} onChange={(event) => onChange(event.target.value.trim())} />
    </label>
  );
}

/** A day and a time of day. */
export function FilterMoment({ name, label, value, onChange }: FilterProps) {
  return (
    <label className={list.filter}>
      <span>{label}</span>
      <input type="datetime-local" className={inputClass} value={value} data-testid={`filter-${name}`} onChange={(event) => onChange(event.target.value)} />
    </label>
  );
}

export interface FilterChoiceProps<Value extends string> extends FilterProps {
  values: readonly Value[];
  labelOf: (value: Value) => string;
}

/** One of few values, or all, which is the empty one. */
export function FilterChoice<Value extends string>({ name, label, value, values, labelOf, onChange }: FilterChoiceProps<Value>) {
  const t = useMessages(componentMessages);
  return (
    <label className={list.filter}>
      <span>{label}</span>
      <select className={inputClass} value={value} data-testid={`filter-${name}`} onChange={(event) => onChange(event.target.value)}>
        <option value="">{t("all")}</option>
        {values.map((one) => (
          <option key={one} value={one}>
            {labelOf(one)}
          </option>
        ))}
      </select>
    </label>
  );
}
