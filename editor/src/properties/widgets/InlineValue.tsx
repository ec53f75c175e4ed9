import { Braces, Hash, ToggleLeft, Type } from "lucide-react";
import { useState } from "react";
import { useMessages } from "../../i18n/useMessages";
import type { Json } from "../../schema/jsonSchema";
import type { Path } from "../../schema/paths";
import { useForm } from "../formContext";
import { convertInline, INLINE_KINDS, inlineKind, type InlineKind } from "../inlineValue";
import { propertiesMessages } from "../messages";
import { ExpressionInput } from "./ExpressionInput";
import { JsonEditor } from "./JsonEditor";
import { PlainNumber } from "./PlainNumber";
import styles from "./widgets.module.css";

const ICONS = { text: Type, number: Hash, boolean: ToggleLeft, json: Braces };
const NAMES = { text: "kindText", number: "kindNumber", boolean: "kindBoolean", json: "kindJson" } as const;

export interface InlineValueProps {
  value: Json | undefined;
  path: Path;
  onChange: (value: Json) => void;
  label: string;
  placeholder?: string;
  describedBy?: string | undefined;
  invalid?: boolean;
}

/** Any JSON value in the space of one row: text with expressions, number, true/false, or a document. */
export function InlineValue({ value, path, onChange, label, placeholder, describedBy, invalid }: InlineValueProps) {
  const t = useMessages(propertiesMessages);
  const form = useForm();
  // A document that was emptied to be written anew is still one.
  const [emptied, setEmptied] = useState(false);
  const kind = emptied && value === "" ? "json" : inlineKind(value);
  const Icon = ICONS[kind];

  function changeDocument(next: Json | undefined): void {
    setEmptied(next === undefined || next === "");
    onChange(next ?? "");
  }

  return (
    <div className={styles.inline} data-kind={kind} data-invalid={invalid || undefined}>
      <label className={styles.kind} title={`${t("kind")}: ${t(NAMES[kind])}`}>
        <Icon size={13} aria-hidden />
        <select
          aria-label={`${t("kind")}: ${label}`}
          value={kind}
          disabled={form.readOnly}
          onChange={(event) => {
            setEmptied(false);
            onChange(convertInline(value, event.target.value as InlineKind));
          }}
        >
          {INLINE_KINDS.map((one) => (
            <option key={one} value={one}>
              {t(NAMES[one])}
            </option>
          ))}
        </select>
      </label>
      <div className={styles.inlineBody}>
        {kind === "text" && (
          <ExpressionInput
            value={typeof value === "string" ? value : ""}
            onChange={onChange}
            label={label}
            describedBy={describedBy}
            invalid={invalid ?? false}
            placeholder={placeholder ?? ""}
          />
        )}
        {kind === "number" && <PlainNumber value={value as number} onChange={onChange} label={label} />}
        {kind === "boolean" && (
          <select className={styles.bare} aria-label={label} value={String(value)} disabled={form.readOnly} onChange={(event) => onChange(event.target.value === "true")}>
            <option value="true">{t("yes")}</option>
            <option value="false">{t("no")}</option>
          </select>
        )}
        {kind === "json" && <JsonEditor value={value} path={path} whenEmpty="" onChange={changeDocument} label={label} compact />}
      </div>
    </div>
  );
}
