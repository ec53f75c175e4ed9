import type { ComponentType } from "react";
import type { Json, JsonObject } from "../../schema/jsonSchema";
import type { Path } from "../../schema/paths";
import type { FieldSpec } from "../fieldSpec";

export interface FieldsProps {
  fields: readonly FieldSpec[];
  values: JsonObject;
  path: Path;
}

export interface WidgetProps<Field extends FieldSpec = FieldSpec> {
  field: Field;
  path: Path;
  value: Json | undefined;
  onChange: (value: Json | undefined) => void;
  /** Label in the editor's language. */
  label: string;
  inputId: string;
  describedBy: string | undefined;
  invalid: boolean;
  /** Values of the fields beside this one, defaults included. */
  siblings: JsonObject;
  /** Draws the fields of a nested object. It is handed down, since a widget that imported it would import itself. */
  Fields: ComponentType<FieldsProps>;
}
