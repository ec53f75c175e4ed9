import { Check } from "lucide-react";
import { useLocale } from "../../i18n/useMessages";
import type { ColorField } from "../fieldSpec";
import { effectiveValue } from "../fieldState";
import { useForm } from "../formContext";
import type { WidgetProps } from "./types";
import styles from "./widgets.module.css";

/** A few colours side by side, as radio buttons. */
export function ColorWidget({ field, value, onChange, inputId, describedBy, label }: WidgetProps<ColorField>) {
  const form = useForm();
  const russian = useLocale().startsWith("ru");
  const actual = effectiveValue(field, value);
  if (field.options.length === 0) return <AnyColor value={String(actual)} disabled={form.readOnly} onChange={onChange} inputId={inputId} describedBy={describedBy} />;
  return (
    <div id={inputId} role="radiogroup" aria-label={label} aria-describedby={describedBy} className={styles.swatches}>
      {field.options.map((option) => {
        const name = russian ? option.labelRu : option.label;
        const color = String(option.value);
        return (
          <label key={color} className={styles.swatch} title={name} style={{ ["--swatch" as string]: `var(--ff-note-${color}, ${color})` }}>
            <input type="radio" name={inputId} aria-label={name} value={color} checked={option.value === actual} disabled={form.readOnly} onChange={() => onChange(option.value)} />
            {option.value === actual && <Check size={14} aria-hidden />}
          </label>
        );
      })}
    </div>
  );
}

/** Any colour at all, by the browser's own picker. */
function AnyColor({ value, disabled, onChange, inputId, describedBy }: { value: string; disabled: boolean; onChange: (value: string) => void; inputId: string; describedBy: string | undefined }) {
  return <input type="color" id={inputId} aria-describedby={describedBy} className={styles.anyColor} value={value} disabled={disabled} onChange={(event) => onChange(event.target.value)} />;
}
