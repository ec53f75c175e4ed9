import { FilterChoice, FilterMoment, Filters, FilterText, type FilterProps } from "../components/Filters";
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
  const field = (name: Exclude<keyof DeliveryFilter, "search" | "delivery">): FilterProps => ({ name, label: t(name), value: filter[name], onChange: (value) => onChange({ [name]: value }) });
  return (
    <Filters
      search={{ label: t("search"), hint: t("searchHint"), value: filter.search, onChange: (search) => onChange({ search }) }}
      rest={
        <>
          {(filter.state === "skipped" || filter.state === "held" || filter.reason !== "") && <FilterChoice {...field("reason")} values={REASONS} labelOf={(value) => t(`reason.${value}`)} />}
          {!fixedWorkflow && <FilterText {...field("workflow")} />}
          <FilterText {...field("node")} />
          <FilterMoment {...field("from")} />
          <FilterMoment {...field("to")} />
        </>
      }
    >
      <FilterChoice {...field("state")} values={STATES} labelOf={(value) => t(`state.${value}`)} />
      <FilterChoice {...field("kind")} values={KINDS} labelOf={(value) => t(`kind.${value}`)} />
    </Filters>
  );
}
