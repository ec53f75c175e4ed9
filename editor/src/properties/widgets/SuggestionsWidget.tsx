import { RefreshCw, TriangleAlert } from "lucide-react";
import { useContext } from "react";
import { describeError } from "../../api/client";
import { useMessages } from "../../i18n/useMessages";
import type { SuggestionsField } from "../fieldSpec";
import { effectiveValue } from "../fieldState";
import { AroundContext, useForm } from "../formContext";
import { propertiesMessages } from "../messages";
import { useSuggestions } from "../queries";
import { fillRoute } from "../suggestions";
import { SuggestInput } from "./SuggestInput";
import type { WidgetProps } from "./types";
import styles from "./widgets.module.css";

/** Text with offers that the server knows, such as the tables of a database. Anything else can be typed as well. */
export function SuggestionsWidget({ field, value, onChange, inputId, describedBy, invalid, label }: WidgetProps<SuggestionsField>) {
  const t = useMessages(propertiesMessages);
  const form = useForm();
  const route = fillRoute(field.route, useContext(AroundContext));
  const query = useSuggestions(route.url);
  const failure = query.isError ? t("suggestionsFailed", { message: describeError(query.error) }) : null;
  const empty = query.isSuccess && query.data.length === 0 ? t("suggestionsNone") : null;
  const actual = effectiveValue(field, value);
  const text = typeof actual === "string" ? actual : "";
  return (
    <div className={styles.connection}>
      <div className={styles.connectionRow}>
        <SuggestInput
          value={text}
          onChange={(next) => onChange(next === "" && field.nullable ? null : next)}
          suggestions={query.data ?? []}
          label={label}
          inputId={inputId}
          describedBy={describedBy}
          invalid={invalid}
          readOnly={form.readOnly}
          placeholder={field.placeholder}
          busy={query.isFetching}
          note={query.isFetching ? null : (failure ?? empty)}
        />
        {route.url !== null && !form.readOnly && (
          <button type="button" className={styles.iconButton} aria-label={t("connectionRefresh")} title={failure ?? t("connectionRefresh")} disabled={query.isFetching} onClick={() => void query.refetch()}>
            {failure ? <TriangleAlert size={14} aria-hidden /> : <RefreshCw size={14} aria-hidden />}
          </button>
        )}
      </div>
    </div>
  );
}
