import { parseField } from "../parseSchema";
import { ValueListWidget } from "./ValueListWidget";

const SCHEMA = { type: "array", items: { type: "string", minLength: 1, maxLength: 100 }, maxItems: 50 };
const FIELD = parseField(SCHEMA, SCHEMA, { name: "tags", required: false, index: 0 });

export interface TagInputProps {
  values: readonly string[];
  onChange: (values: string[]) => void;
  inputId: string;
  label: string;
}

/** Labels of a workflow, each one once. */
export function TagInput({ values, onChange, inputId, label }: TagInputProps) {
  if (FIELD.kind !== "value-list") return null;
  return (
    <ValueListWidget
      field={FIELD}
      path={["settings", "tags"]}
      value={[...values]}
      onChange={(next) => Array.isArray(next) && onChange([...new Set(next.map(String))])}
      label={label}
      inputId={inputId}
      describedBy={undefined}
      invalid={false}
      siblings={{}}
    />
  );
}
