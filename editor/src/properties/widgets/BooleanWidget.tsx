import { useMessages } from "../../i18n/useMessages";
import type { BooleanField } from "../fieldSpec";
import { effectiveValue } from "../fieldState";
import { useForm } from "../formContext";
import { propertiesMessages } from "../messages";
import type { WidgetProps } from "./types";
import styles from "./widgets.module.css";

export function BooleanWidget({ field, value, onChange, inputId, describedBy, label }: WidgetProps<BooleanField>) {
  const t = useMessages(propertiesMessages);
  const form = useForm();
  const checked = effectiveValue(field, value) === true;
  return (
    <button
      id={inputId}
      type="button"
      role="switch"
      aria-checked={checked}
      aria-label={label}
      aria-describedby={describedBy}
      disabled={form.readOnly}
      className={styles.switch}
      onClick={() => onChange(!checked)}
    >
      <span className={styles.track} aria-hidden>
        <span className={styles.thumb} />
      </span>
      <span aria-hidden>{checked ? t("on") : t("off")}</span>
    </button>
  );
}
