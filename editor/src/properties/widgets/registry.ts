/** Which widget draws which kind of field. A new kind is one line here and one component. */
import type { ComponentType } from "react";
import type { FieldKind, FieldSpec } from "../fieldSpec";
import { ConditionsWidget } from "../conditions/ConditionsWidget";
import { BooleanWidget } from "./BooleanWidget";
import { CodeWidget } from "./CodeWidget";
import { ColorWidget } from "./ColorWidget";
import { ConnectionWidget } from "./ConnectionWidget";
import { CronWidget } from "./CronWidget";
import { DateTimeWidget } from "./DateTimeWidget";
import { DurationWidget } from "./DurationWidget";
import { JsonWidget } from "./JsonWidget";
import { KeyValueWidget } from "./KeyValueWidget";
import { NumberWidget } from "./NumberWidget";
import { ObjectListWidget } from "./ObjectListWidget";
import { ObjectWidget } from "./ObjectWidget";
import { SelectWidget } from "./SelectWidget";
import { SuggestionsWidget } from "./SuggestionsWidget";
import { TextWidget } from "./TextWidget";
import { TimezoneWidget } from "./TimezoneWidget";
import { ValueListWidget } from "./ValueListWidget";
import type { WidgetProps } from "./types";

type Registry = { [Kind in FieldKind]: ComponentType<WidgetProps<Extract<FieldSpec, { kind: Kind }>>> };

const REGISTRY: Registry = {
  text: TextWidget,
  textarea: TextWidget,
  number: NumberWidget,
  boolean: BooleanWidget,
  conditions: ConditionsWidget,
  select: SelectWidget,
  "value-list": ValueListWidget,
  "key-value": KeyValueWidget,
  object: ObjectWidget,
  "object-list": ObjectListWidget,
  json: JsonWidget,
  code: CodeWidget,
  connection: ConnectionWidget,
  cron: CronWidget,
  timezone: TimezoneWidget,
  suggestions: SuggestionsWidget,
  datetime: DateTimeWidget,
  duration: DurationWidget,
  color: ColorWidget,
};

export function widgetFor(field: FieldSpec): ComponentType<WidgetProps> {
  // The table pairs each kind with its own field type; TypeScript cannot follow a lookup that far.
  return REGISTRY[field.kind] as ComponentType<WidgetProps>;
}
