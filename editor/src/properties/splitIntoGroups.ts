import type { FieldSpec, Group } from "./fieldSpec";

export interface FormPart {
  /** Null: fields that stand by themselves. */
  group: Group | null;
  fields: FieldSpec[];
}

/**
 * Sections in the order of their first field, each with all of its fields.
 *
 * Rarely used fields without a section come at the end of the form, as one part.
 */
export function splitIntoGroups(fields: readonly FieldSpec[]): FormPart[] {
  const parts: FormPart[] = [];
  const rare = fields.filter((field) => field.group === null && field.advanced);
  for (const field of fields) {
    if (rare.includes(field)) continue;
    const last = parts.at(-1);
    const home = field.group ? parts.find((part) => part.group?.label === field.group?.label) : last?.group === null ? last : undefined;
    if (home) home.fields.push(field);
    else parts.push({ group: field.group, fields: [field] });
  }
  if (rare.length > 0) {
    const last = parts.at(-1);
    if (last?.group === null) last.fields.push(...rare);
    else parts.push({ group: null, fields: rare });
  }
  return parts;
}
