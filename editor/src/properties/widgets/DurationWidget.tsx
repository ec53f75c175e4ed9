import { useState } from "react";
import { useMessages } from "../../i18n/useMessages";
import type { Json } from "../../schema/jsonSchema";
import { SECONDS, unitOf, UNITS, type Unit } from "../duration";
import type { DurationField } from "../fieldSpec";
import { effectiveValue } from "../fieldState";
import { useForm } from "../formContext";
import { propertiesMessages } from "../messages";
import { NumberWidget } from "./NumberWidget";
import type { WidgetProps } from "./types";
import styles from "./widgets.module.css";

/** A length of time: a number and its unit; the graph holds seconds. */
export function DurationWidget(props: WidgetProps<DurationField>) {
  const { field, value, onChange, label } = props;
  const t = useMessages(propertiesMessages);
  const form = useForm();
  const actual = effectiveValue(field, value);
  const [chosen, setChosen] = useState<Unit | null>(null);
  const unit = chosen ?? (typeof actual === "number" ? unitOf(actual) : "s");
  const scale = (seconds: Json | undefined) => (typeof seconds === "number" ? seconds / SECONDS[unit] : seconds);

  function change(next: Json | undefined): void {
    setChosen(unit);
    onChange(typeof next === "number" ? next * SECONDS[unit] : next);
  }

  function changeUnit(next: Unit): void {
    setChosen(next);
    // "5 minutes" becomes "5 hours": people choose the unit of what they have typed.
    if (typeof value === "number") onChange((value / SECONDS[unit]) * SECONDS[next]);
  }

  const number = { ...field.number, integer: false, defaultValue: scale(field.defaultValue) };
  return (
    <div className={styles.duration}>
      <NumberWidget {...props} key={unit} field={number} value={scale(value)} onChange={change} />
      <select className={styles.select} aria-label={t("unitOf", { label })} value={unit} disabled={form.readOnly} data-testid="unit" onChange={(event) => changeUnit(event.target.value as Unit)}>
        {UNITS.map((one) => (
          <option key={one} value={one}>
            {t(`unit.${one}`)}
          </option>
        ))}
      </select>
    </div>
  );
}
