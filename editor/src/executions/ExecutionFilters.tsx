import { Search, SlidersHorizontal } from "lucide-react";
import { useState } from "react";
import { Button } from "../components/Button";
import { inputClass } from "../components/Field";
import list from "../components/list.module.css";
import { stateMessages } from "../components/stateMessages";
import { useMessages } from "../i18n/useMessages";
import { triggerMessages } from "../runs/triggerMessages";
import { STATES, TRIGGERS, type ExecutionFilter } from "./executionFilter";
import { executionsMessages } from "./messages";

export interface ExecutionFiltersProps {
  filter: ExecutionFilter;
  onChange: (patch: Partial<ExecutionFilter>) => void;
}

export function ExecutionFilters({ filter, onChange }: ExecutionFiltersProps) {
  const t = useMessages(executionsMessages);
  const states = useMessages(stateMessages);
  const triggers = useMessages(triggerMessages);
  const [open, setOpen] = useState(false);
  const choice = <Value extends string>(name: "state" | "trigger" | "handled", title: string, values: readonly Value[], label: (value: Value) => string) => (
    <label className={list.filter}>
      <span>{title}</span>
      <select className={inputClass} value={filter[name]} data-testid={`filter-${name}`} onChange={(event) => onChange({ [name]: event.target.value })}>
        <option value="">{t("all")}</option>
        {values.map((value) => (
          <option key={value} value={value}>
            {label(value)}
          </option>
        ))}
      </select>
    </label>
  );
  const moment = (name: "from" | "to") => (
    <label className={list.filter}>
      <span>{t(name)}</span>
      <input type="datetime-local" className={inputClass} value={filter[name]} data-testid={`filter-${name}`} onChange={(event) => onChange({ [name]: event.target.value })} />
    </label>
  );
  return (
    <div className={list.filters} role="search">
      <div className={list.search}>
        <Search size={16} aria-hidden />
        <input
          type="search"
          className={inputClass}
          aria-label={t("search")}
          title={t("search")}
          placeholder={t("searchHint")}
          data-testid="filter-search"
          value={filter.search}
          onChange={(event) => onChange({ search: event.target.value })}
        />
      </div>
      {choice("state", t("state"), STATES, (value) => states(value))}
      {choice("trigger", t("trigger"), TRIGGERS, (value) => triggers(`trigger.${value}`))}
      {/* On narrow screens these wait to be asked for, so that the list is seen. */}
      <div className={list.rest} data-open={open || undefined}>
        <label className={list.filter}>
          <span>{t("workflow")}</span>
          <input className={inputClass} value={filter.workflow} data-testid="filter-workflow" spellCheck={false} onChange={(event) => onChange({ workflow: event.target.value.trim() })} />
        </label>
        {choice("handled", t("handledFilter"), ["no", "yes"] as const, (value) => t(`handled.${value}`))}
        {moment("from")}
        {moment("to")}
      </div>
      <div className={list.moreFilters}>
        <Button size="small" variant="ghost" icon={<SlidersHorizontal />} aria-expanded={open} testId="more-filters" onClick={() => setOpen(!open)}>
          {t(open ? "fewerFilters" : "moreFilters")}
        </Button>
      </div>
    </div>
  );
}
