import { useState } from "react";
import { useMessages } from "../i18n/useMessages";
import type { NumberField } from "./fieldSpec";
import { complain, readNumber } from "./fieldState";
import type { FormIssue } from "./issueIndex";
import { propertiesMessages } from "./messages";
import { SettingField } from "./SettingField";
import widgets from "./widgets/widgets.module.css";

export interface SettingNumberProps {
  label: string;
  help?: string;
  name: string;
  value: number | null;
  onChange: (value: number | null) => void;
  minimum?: number;
  exclusiveMinimum?: number;
  maximum: number;
  integer?: boolean;
  /** Empty is allowed and means null. */
  nullable?: boolean;
  readOnly: boolean;
  issues?: readonly FormIssue[];
}

/** A number of the settings. The document takes only numbers here, so text that is none waits in the input. */
export function SettingNumber(props: SettingNumberProps) {
  const t = useMessages(propertiesMessages);
  const [text, setText] = useState<string | null>(null);
  const field = asField(props);
  const read = text === null ? props.value : readNumber(text, true);
  const complaint = complain(field, read ?? null);
  const shown = text ?? (props.value === null ? "" : String(props.value));
  return (
    <SettingField
      label={props.label}
      help={props.help}
      name={props.name}
      issues={props.issues ?? []}
      fault={complaint ? t(complaint.key as "complaint.required", complaint.values) : null}
    >
      {({ inputId, describedBy, invalid }) => (
        <input
          id={inputId}
          className={widgets.input}
          inputMode={props.integer ? "numeric" : "decimal"}
          autoComplete="off"
          value={shown}
          readOnly={props.readOnly}
          aria-describedby={describedBy}
          aria-invalid={invalid || undefined}
          onChange={(event) => {
            setText(event.target.value);
            const next = readNumber(event.target.value, true) ?? null;
            if (complain(field, next) === null && (typeof next === "number" || next === null)) props.onChange(next);
          }}
          // Faulty text stays to be mended; a good one shows as the document has it.
          onBlur={() => complaint === null && setText(null)}
        />
      )}
    </SettingField>
  );
}

function asField(props: SettingNumberProps): NumberField {
  return {
    kind: "number",
    name: props.name,
    label: props.label,
    labelRu: props.label,
    help: "",
    helpRu: "",
    placeholder: "",
    required: !props.nullable,
    nullable: props.nullable ?? false,
    defaultValue: undefined,
    order: 0,
    visibleWhen: null,
    expression: false,
    literal: true,
    advanced: false,
    group: null,
    generate: null,
    ownNames: [],
    integer: props.integer ?? false,
    minimum: props.minimum ?? null,
    maximum: props.maximum,
    exclusiveMinimum: props.exclusiveMinimum ?? null,
    exclusiveMaximum: null,
  };
}
