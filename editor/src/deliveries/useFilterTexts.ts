import { useMessages } from "../i18n/useMessages";
import { KINDS, REASONS, STATES, type DeliveryFilter } from "./deliveryFilter";
import { deliveryMessages } from "./messages";

/** What is looked for, as pairs of a name and a value in words. */
export function useFilterTexts(filter: DeliveryFilter): [string, string][] {
  const t = useMessages(deliveryMessages);
  const state = STATES.find((one) => one === filter.state);
  const kind = KINDS.find((one) => one === filter.kind);
  const reason = REASONS.find((one) => one === filter.reason);
  const texts: [string, string][] = [
    [t("workflow"), filter.workflow],
    [t("state"), state ? t(`state.${state}`) : filter.state],
    [t("reason"), reason ? t(`reason.${reason}`) : filter.reason],
    [t("kind"), kind ? t(`kind.${kind}`) : filter.kind],
    [t("node"), filter.node],
    [t("from"), filter.from.replace("T", " ")],
    [t("to"), filter.to.replace("T", " ")],
    [t("searched"), filter.search.trim()],
  ];
  return texts.filter(([, value]) => value !== "");
}
