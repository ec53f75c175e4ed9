/** Rules that say which failures of a step are tried again, and how people read them. */
import type { Suggestion } from "./suggestions";

const RULE = /^(connection|timeout|rate_limit|database_conflict|unexpected|[1-5]xx|[1-5][0-9]{2}(-[1-5][0-9]{2})?|[a-z][a-z0-9]*(-[a-z0-9]+)+)$/;

export const RULE_LABELS = {
  en: {
    connection: "No connection",
    timeout: "Too slow",
    rate_limit: "Asked to slow down",
    database_conflict: "Database conflict",
    unexpected: "Anything unforeseen",
    "408": "408 Request timeout",
    "425": "425 Too early",
    "429": "429 Too many requests",
    "5xx": "5xx Server errors",
    "503": "503 Unavailable",
    "4xx": "4xx Refused requests",
  },
  ru: {
    connection: "Нет соединения",
    timeout: "Слишком долго",
    rate_limit: "Просят реже",
    database_conflict: "Конфликт в базе",
    unexpected: "Непредвиденное",
    "408": "408 Время вышло",
    "425": "425 Слишком рано",
    "429": "429 Слишком много запросов",
    "5xx": "5xx Ошибки сервера",
    "503": "503 Недоступен",
    "4xx": "4xx Отказы",
  },
} as const;

export function isRule(text: string): boolean {
  return RULE.test(text);
}

/** A rule as people call it; codes of errors and other statuses stay as they are. */
export function ruleLabel(rule: string, russian: boolean): string {
  const labels: Readonly<Record<string, string>> = russian ? RULE_LABELS.ru : RULE_LABELS.en;
  return labels[rule] ?? rule;
}

/** Rules to choose from, without those that are chosen. */
export function offeredRules(chosen: readonly string[], russian: boolean): Suggestion[] {
  return Object.keys(RULE_LABELS.en)
    .filter((rule) => !chosen.includes(rule))
    .map((rule) => ({ value: rule, label: ruleLabel(rule, russian), description: rule }));
}
