import { ChevronDown } from "lucide-react";
import { useContext, useMemo, useState } from "react";
import { useMessages } from "../i18n/useMessages";
import type { Json, JsonObject } from "../schema/jsonSchema";
import { Field } from "./Field";
import { FieldGroup } from "./FieldGroup";
import type { FieldSpec } from "./fieldSpec";
import { effectiveValue, isChanged, isVisible } from "./fieldState";
import { AroundContext, FormProvider, useForm } from "./formContext";
import { issuesUnder } from "./issueIndex";
import { propertiesMessages } from "./messages";
import styles from "./properties.module.css";
import { splitIntoGroups } from "./splitIntoGroups";
import type { FieldsProps } from "./widgets/types";

/** The fields of one object: those that stand by themselves, sections under headings, rarely used ones behind a button. */
export function Fields({ fields, values, path }: FieldsProps) {
  const form = useForm();
  const { issues } = form;
  const around = useContext(AroundContext);
  const own = form.scopeAt?.(path) ?? null;
  const inner = useMemo(() => (own ? { ...form, ...own } : form), [form, own]);
  const siblings = useMemo(() => Object.fromEntries(fields.map((field): [string, Json] => [field.name, effectiveValue(field, values[field.name]) ?? null])), [fields, values]);
  const inside = useMemo(() => [siblings, ...around], [siblings, around]);
  // A hidden field with an issue is shown all the same: otherwise nobody could mend it.
  const shown = fields.filter((field) => (field.generate === null && isVisible(field, fields, values, around)) || issuesUnder(issues, [...path, field.name]).length > 0);
  const draw = (field: FieldSpec) => <Field key={field.name} field={field} path={[...path, field.name]} value={values[field.name]} siblings={siblings} Fields={Fields} />;
  const withOptions = (members: FieldSpec[]) => <WithOptions fields={members} values={values} path={path} draw={draw} />;
  const drawn = (
    <AroundContext.Provider value={inside}>
      {splitIntoGroups(shown).map((part) =>
        part.group ? (
          <FieldGroup key={`group ${part.group.label}`} group={part.group} fields={part.fields} values={values} path={path}>
            {withOptions(part.fields)}
          </FieldGroup>
        ) : (
          <WithOptions key={part.fields[0]?.name} fields={part.fields} values={values} path={path} draw={draw} />
        ),
      )}
    </AroundContext.Provider>
  );
  return own ? <FormProvider value={inner}>{drawn}</FormProvider> : drawn;
}

interface WithOptionsProps {
  fields: readonly FieldSpec[];
  values: JsonObject;
  path: FieldsProps["path"];
  draw: (field: FieldSpec) => React.ReactNode;
}

function WithOptions({ fields, values, path, draw }: WithOptionsProps) {
  const t = useMessages(propertiesMessages);
  const { issues } = useForm();
  const [opened, setOpened] = useState(false);
  const advanced = fields.filter((field) => field.advanced);
  const mustOpen = advanced.some((field) => isChanged(field, values[field.name]) || issuesUnder(issues, [...path, field.name]).length > 0);
  const open = opened || mustOpen;
  return (
    <>
      {fields.filter((field) => !field.advanced).map(draw)}
      {advanced.length > 0 && (
        <>
          {!mustOpen && (
            <button type="button" className={styles.more} aria-expanded={open} data-testid="more-options" onClick={() => setOpened(!opened)}>
              <ChevronDown size={14} aria-hidden data-open={open || undefined} />
              {open ? t("fewerOptions") : t("moreOptions", { count: advanced.length })}
            </button>
          )}
          {open && advanced.map(draw)}
        </>
      )}
    </>
  );
}
