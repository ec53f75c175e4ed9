import { ChevronRight, CircleAlert, TriangleAlert } from "lucide-react";
import { useId, useState, type ReactNode } from "react";
import { useLocale, useMessages } from "../i18n/useMessages";
import type { JsonObject } from "../schema/jsonSchema";
import { fieldPath, type Path } from "../schema/paths";
import type { FieldSpec, Group } from "./fieldSpec";
import { isChanged } from "./fieldState";
import { useForm } from "./formContext";
import styles from "./groups.module.css";
import { issuesUnder } from "./issueIndex";
import { propertiesMessages } from "./messages";
import { useOpenOnFocus } from "./useFieldFocus";

export interface FieldGroupProps {
  group: Group;
  /** The fields that are shown when the section is open. */
  fields: readonly FieldSpec[];
  values: JsonObject;
  path: Path;
  children: ReactNode;
}

/** A section of a form: closed while everything in it is as usual, and telling what is not when it is closed. */
export function FieldGroup({ group, fields, values, path, children }: FieldGroupProps) {
  const t = useMessages(propertiesMessages);
  const { issues } = useForm();
  const russian = useLocale().startsWith("ru");
  const id = useId();
  const changed = fields.filter((field) => isChanged(field, values[field.name]));
  const found = fields.flatMap((field) => issuesUnder(issues, [...path, field.name]));
  const errors = found.filter((issue) => issue.severity === "error").length;
  const [chosen, setChosen] = useState<boolean | null>(null);
  // What was changed when the form opened is seen at once; a section does not open by itself under the pointer.
  const [startsOpen] = useState(changed.length > 0 || found.length > 0);
  const open = chosen ?? startsOpen;
  useOpenOnFocus(fields.map((field) => [...path, field.name]), () => setChosen(true));
  const told = changed.map((field) => (russian ? field.labelRu : field.label)).join(", ");
  const Mark = errors > 0 ? CircleAlert : TriangleAlert;
  return (
    <section className={styles.section} data-open={open || undefined}>
      <h4 className={styles.heading}>
        <button
          type="button"
          className={styles.toggle}
          aria-expanded={open}
          aria-controls={`${id}-body`}
          data-testid={`group-${fieldPath([...path, slug(group.label)])}`}
          onClick={() => setChosen(!open)}
        >
          <ChevronRight size={15} aria-hidden />
          <span className={styles.title}>{russian ? group.labelRu : group.label}</span>
          {!open && changed.length > 0 && (
            <span className={styles.told} title={told}>
              <span className={styles.dot} role="img" aria-label={t("groupChanged", { count: changed.length })} />
              {told}
            </span>
          )}
          {found.length > 0 && (
            <span className={styles.mark} data-severity={errors > 0 ? "error" : "warning"} role="img" aria-label={t("issues", { count: found.length })}>
              <Mark size={14} aria-hidden />
            </span>
          )}
        </button>
      </h4>
      <div id={`${id}-body`} className={styles.body} hidden={!open}>
        {open && children}
      </div>
    </section>
  );
}

function slug(label: string): string {
  return label.toLowerCase().replace(/[^a-z0-9]+/g, "-");
}
