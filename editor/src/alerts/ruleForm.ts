/** What a rule's form holds, and what is wrong with it; the server checks the same once more. */
import type { AlertRule, AlertRuleBody, RuleKind } from "../api/alerts";
import { bodyOfQuietHours, faultsOfQuietHours, formOfQuietHours, type QuietFault, type QuietForm } from "./quietForm";

export const RULE_KINDS: readonly RuleKind[] = ["failure", "recovery", "retry", "long_run", "no_run", "dead_letters"];

export type Condition = "longer_than_s" | "within_s" | "more_than" | "period_s" | "min_tries";
/** Numbers that every rule has. */
export const PACING = ["group_s", "max_messages", "rate_s"] as const;
export type NumberField = Condition | (typeof PACING)[number];

/** Numbers of a kind in their order. */
export const CONDITIONS: Record<RuleKind, readonly Condition[]> = {
  failure: [],
  recovery: [],
  retry: ["min_tries"],
  long_run: ["longer_than_s"],
  no_run: ["within_s"],
  dead_letters: ["more_than", "period_s"],
};

/** The bounds of the API. */
export const BOUNDS: Record<NumberField, readonly [number, number]> = {
  longer_than_s: [1, 31_622_400],
  within_s: [60, 31_622_400],
  more_than: [0, 1_000_000],
  period_s: [60, 2_592_000],
  min_tries: [1, 100],
  group_s: [0, 86_400],
  max_messages: [1, 1000],
  rate_s: [60, 86_400],
};

const DEFAULTS: Record<NumberField, string> = { longer_than_s: "3600", within_s: "86400", more_than: "10", period_s: "600", min_tries: "1", group_s: "600", max_messages: "20", rate_s: "3600" };

export interface RuleForm {
  kind: RuleKind;
  name: string;
  enabled: boolean;
  workflow_id: string | null;
  channel_ids: string[];
  numbers: Record<NumberField, string>;
  quiet: QuietForm;
}

export type RuleFault = NumberField | QuietFault | "channel_ids";

export function formOfRule(rule: AlertRule | null): RuleForm {
  const numbers = { ...DEFAULTS };
  if (rule) {
    for (const field of PACING) numbers[field] = String(rule[field]);
    for (const field of CONDITIONS[rule.kind]) {
      const value = rule.conditions[field];
      if (value !== null && value !== undefined) numbers[field] = String(value);
    }
  }
  return { kind: rule?.kind ?? "failure", name: rule?.name ?? "", enabled: rule?.enabled ?? true, workflow_id: rule?.workflow_id ?? null, channel_ids: rule?.channel_ids ?? [], numbers, quiet: formOfQuietHours(rule?.quiet_hours ?? null) };
}

/** The number that was typed, or null when it is none within the field's bounds. */
export function readNumber(field: NumberField, text: string): number | null {
  if (!/^\d{1,9}$/.test(text.trim())) return null;
  const [from, to] = BOUNDS[field];
  const value = Number(text);
  return value >= from && value <= to ? value : null;
}

/** Fields that are wrong; empty when it can be saved. A rule that is off may lead nowhere: it silences the global ones. */
export function faultsOfRule(form: RuleForm): Set<RuleFault> {
  const wrong = new Set<RuleFault>(faultsOfQuietHours(form.quiet));
  for (const field of [...CONDITIONS[form.kind], ...PACING]) if (readNumber(field, form.numbers[field]) === null) wrong.add(field);
  if (form.enabled && form.channel_ids.length === 0) wrong.add("channel_ids");
  return wrong;
}

export function bodyOfRule(form: RuleForm): AlertRuleBody {
  const conditions: Partial<Record<Condition, number>> = {};
  for (const field of CONDITIONS[form.kind]) conditions[field] = Number(form.numbers[field]);
  return {
    kind: form.kind,
    name: form.name.trim(),
    enabled: form.enabled,
    workflow_id: form.workflow_id,
    conditions,
    channel_ids: form.channel_ids,
    group_s: Number(form.numbers.group_s),
    max_messages: Number(form.numbers.max_messages),
    rate_s: Number(form.numbers.rate_s),
    quiet_hours: bodyOfQuietHours(form.quiet),
  };
}
