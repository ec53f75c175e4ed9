import { useMessages } from "../../i18n/useMessages";
import { PayloadFieldInput } from "./PayloadFieldInput";
import styles from "./payload.module.css";
import { payloadMessages } from "./payloadMessages";
import type { PayloadInput, Typed } from "./payloadValues";

export interface PayloadFieldsProps {
  inputs: readonly PayloadInput[];
  typed: Readonly<Record<string, Typed>>;
  /** Field -> what is wrong with it, in words. */
  faults: Readonly<Record<string, string>>;
  onChange: (name: string, value: Typed) => void;
}

/** The form that a trigger's JSON Schema asks for. */
export function PayloadFields({ inputs, typed, faults, onChange }: PayloadFieldsProps) {
  const t = useMessages(payloadMessages);
  return (
    <div className={styles.fields} data-testid="payload-form">
      {inputs.map((input) => (
        <PayloadFieldInput key={input.name} input={input} typed={typed[input.name] ?? ""} fault={faults[input.name] ?? null} required={t("required")} onChange={(value) => onChange(input.name, value)} />
      ))}
    </div>
  );
}
