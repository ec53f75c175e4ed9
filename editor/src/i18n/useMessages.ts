import { createContext, useContext, useMemo } from "react";

/** Language of the editor: "en", "ru", or a longer tag of them. The island provides the host's. */
export const LocaleContext = createContext<string>("en");

export function useLocale(): string {
  return useContext(LocaleContext);
}

export type Catalog = Record<string, string>;
export interface Messages<En extends Catalog> {
  en: En;
  /** Every English key, and the plural forms that only Russian has. */
  ru: Record<NoInfer<keyof En>, string>;
}

type PluralForm = "_zero" | "_one" | "_two" | "_few" | "_many" | "_other";
/** Keys as they are asked for: plural forms share one key. */
export type MessageKey<Key> = Key extends `${infer Stem}${PluralForm}` ? Stem : Key & string;
export type Values = Record<string, string | number>;
export type Translate<Key> = (key: MessageKey<Key>, values?: Values) => string;

/** Texts of one feature in the language of the editor: `t("more", { count: 5 })`. */
export function useMessages<En extends Catalog>(messages: Messages<En>): Translate<keyof En> {
  const locale = useLocale();
  return useMemo(() => translator(messages, locale), [messages, locale]);
}

/** The same without React. */
export function translator<En extends Catalog>(messages: Messages<En>, locale: string): Translate<keyof En> {
  const catalog: Catalog = locale.startsWith("ru") ? messages.ru : messages.en;
  const plural = new Intl.PluralRules(locale.startsWith("ru") ? "ru" : "en");
  const numbers = new Intl.NumberFormat(locale.startsWith("ru") ? "ru" : "en");
  return (key, values = {}) => {
    const count = values["count"];
    const form = typeof count === "number" ? `${key}_${plural.select(count)}` : key;
    const text = catalog[form] ?? catalog[key] ?? catalog[`${key}_other`] ?? key;
    return text.replace(/\{(\w+)\}/g, (all, name: string) => {
      const value = values[name];
      if (value === undefined) return all;
      return typeof value === "number" ? numbers.format(value) : value;
    });
  };
}
