import { Search, SlidersHorizontal } from "lucide-react";
import { useState } from "react";
import { Button } from "../components/Button";
import { inputClass } from "../components/Field";
import list from "../components/list.module.css";
import { useMessages } from "../i18n/useMessages";
import { KINDS, REASONS, STATES, type DeliveryFilter } from "./deliveryFilter";
import { deliveryMessages } from "./messages";

export interface DeliveryFiltersProps {
  filter: DeliveryFilter;
  onChange: (patch: Partial<DeliveryFilter>) => void;
  /** Leave out the workflow: the list is one workflow's. */
  fixedWorkflow: boolean;
}

export function DeliveryFilters({ filter, onChange, fixedWorkflow }: DeliveryFiltersProps) {
  const t = useMessages(deliveryMessages);
  const [open, setOpen] = useState(false);
  const text = (name: "workflow" | "node") => (
    <label className={list.filter}>
      <span>{t(name)}</span>
      <input className={inputClass} value={filter[name]} data-testid={`filter-${name}`} spellCheck={false} onChange={(event) => onChange({ [name]: event.target.value.trim() })} />
    </label>
  );
  const choice = <Value extends string>(name: "state" | "kind" | "reason", values: readonly Value[], label: (value: Value) => string) => (
    <label className={list.filter}>
      <span>{t(name)}</span>
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
          placeholder={t("searchHint")}
          title={t("search")}
          data-testid="filter-search"
          value={filter.search}
          onChange={(event) => onChange({ search: event.target.value })}
        />
      </div>
      {choice("state", STATES, (value) => t(`state.${value}`))}
      {choice("kind", KINDS, (value) => t(`kind.${value}`))}
      {/* On narrow screens these wait to be asked for, so that the list is seen. */}
      <div className={list.rest} data-open={open || undefined}>
      {(filter.state === "skipped" || filter.state === "held" || filter.reason !== "") && choice("reason", REASONS, (value) => t(`reason.${value}`))}
      {!fixedWorkflow && text("workflow")}
      {text("node")}
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
