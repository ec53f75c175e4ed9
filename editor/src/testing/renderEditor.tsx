/** Render a part of the editor with what it needs around it. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import type { ReactElement } from "react";
import { LocaleContext } from "../i18n/useMessages";

export function renderEditor(element: ReactElement, { locale = "en" }: { locale?: string } = {}) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const wrap = (child: ReactElement) => (
    <LocaleContext.Provider value={locale}>
      <QueryClientProvider client={client}>{child}</QueryClientProvider>
    </LocaleContext.Provider>
  );
  const result = render(wrap(element));
  return { ...result, rerender: (next: ReactElement) => result.rerender(wrap(next)) };
}
