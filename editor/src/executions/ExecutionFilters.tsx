import { FilterChoice, FilterMoment, Filters, FilterText, type FilterProps } from "../components/Filters";
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
  const field = (name: Exclude<keyof ExecutionFilter, "search">, label: string): FilterProps => ({ name, label, value: filter[name], onChange: (value) => onChange({ [name]: value }) });
  return (
    <Filters
      search={{ label: t("search"), hint: t("searchHint"), value: filter.search, onChange: (search) => onChange({ search }) }}
      rest={
        <>
          <FilterText {...field("workflow", t("workflow"))} />
          <FilterChoice {...field("handled", t("handledFilter"))} values={["no", "yes"] as const} labelOf={(value) => t(`handled.${value}`)} />
          <FilterMoment {...field("from", t("from"))} />
          <FilterMoment {...field("to", t("to"))} />
        </>
      }
    >
      <FilterChoice {...field("state", t("state"))} values={STATES} labelOf={(value) => states(value)} />
      <FilterChoice {...field("trigger", t("trigger"))} values={TRIGGERS} labelOf={(value) => triggers(`trigger.${value}`)} />
    </Filters>
  );
}
