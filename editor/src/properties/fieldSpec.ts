/** A form as plain data: what `parseSchema` makes of a JSON Schema and the widgets draw. */
import type { Catalog } from "./conditions/model";
import type { Json, VisibleWhen } from "../schema/jsonSchema";

interface FieldBase {
  /** Key in the parent object; "" for the items of a list. */
  name: string;
  label: string;
  labelRu: string;
  help: string;
  helpRu: string;
  placeholder: string;
  required: boolean;
  /** Null is allowed and means "not set". */
  nullable: boolean;
  defaultValue: Json | undefined;
  order: number;
  visibleWhen: VisibleWhen | null;
  /** The value may be a `{{ }}` template instead. */
  expression: boolean;
  /** `{{` is ordinary text here. */
  literal: boolean;
  /** Rarely needed: shown on request. */
  advanced: boolean;
  /** Section that holds the field; null: it stands by itself. */
  group: Group | null;
  /** Beginning of the id that a new row gets; such a field is not shown. Null: an ordinary field. */
  generate: string | null;
  /** Names that expressions see only while the step works, such as the row that it works on. */
  ownNames: readonly string[];
}

export interface Group {
  /** The English heading, which also tells one section from another. */
  label: string;
  labelRu: string;
}

export interface TextField extends FieldBase {
  kind: "text" | "textarea";
  minLength: number | null;
  maxLength: number | null;
  pattern: string | null;
  secret: boolean;
  /** The text is Markdown, which can be looked at as it will be shown. */
  markdown: boolean;
}

/** Text with offers from the server. */
export interface SuggestionsField extends FieldBase {
  kind: "suggestions";
  /** Route with names of other fields in braces. */
  route: string;
}

/** A moment as ISO 8601 text; without an offset it is read in the workflow's time zone. */
export interface DateTimeField extends FieldBase {
  kind: "datetime";
}

/** A number of seconds. */
export interface DurationField extends FieldBase {
  kind: "duration";
  number: NumberField;
}

/** One of a few colours. */
export interface ColorField extends FieldBase {
  kind: "color";
  options: Option[];
}

export interface NumberField extends FieldBase {
  kind: "number";
  integer: boolean;
  minimum: number | null;
  maximum: number | null;
  /** The bounds themselves are not allowed. */
  exclusiveMinimum: number | null;
  exclusiveMaximum: number | null;
}

export interface BooleanField extends FieldBase {
  kind: "boolean";
}

export interface Option {
  value: Json;
  label: string;
  labelRu: string;
}

export interface SelectField extends FieldBase {
  kind: "select";
  options: Option[];
}

/** A list of plain values: texts, numbers, or some of the options. */
export interface ValueListField extends FieldBase {
  kind: "value-list";
  item: FieldSpec;
  maxItems: number | null;
}

/** A list of {name, value} rows. */
export interface KeyValueField extends FieldBase {
  kind: "key-value";
  item: ObjectField;
  nameField: FieldSpec;
  valueField: FieldSpec;
}

export interface ObjectField extends FieldBase {
  kind: "object";
  fields: FieldSpec[];
}

export interface ObjectListField extends FieldBase {
  kind: "object-list";
  item: ObjectField;
  maxItems: number | null;
}

/** Any JSON; also the fallback for schemas that have no widget of their own. */
export interface JsonField extends FieldBase {
  kind: "json";
  /** JSON types that the schema allows; empty = any. */
  types: string[];
  /** Sibling field -> its value -> "textarea" or "key-value", in place of the JSON editor. */
  widgetWhen: Record<string, Record<string, string>> | null;
  /** The field reads as one value among text, not as a document: an expression field first. */
  inline: boolean;
}

export interface CodeField extends FieldBase {
  kind: "code";
  language: "json" | "sql" | "jq" | "python" | "text";
}

export interface ConnectionField extends FieldBase {
  kind: "connection";
  connTypes: string[];
}

export interface CronField extends FieldBase {
  kind: "cron";
}

export interface TimezoneField extends FieldBase {
  kind: "timezone";
}

/** Conditions: rows and groups, see properties/conditions. */
export interface ConditionsField extends FieldBase {
  kind: "conditions";
  catalog: Catalog;
  /** The rows look at fields of an item, not at expressions. */
  byField: boolean;
  /** One expression may stand in place of the rows. */
  withExpression: boolean;
}

export type FieldSpec =
  | ConditionsField
  | TextField
  | NumberField
  | BooleanField
  | SelectField
  | ValueListField
  | KeyValueField
  | ObjectField
  | ObjectListField
  | JsonField
  | CodeField
  | ConnectionField
  | CronField
  | TimezoneField
  | SuggestionsField
  | DateTimeField
  | DurationField
  | ColorField;

export type FieldKind = FieldSpec["kind"];
export type { FieldBase };
