import { ListTree, Plus, Trash2 } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useMessages } from "../../i18n/useMessages";
import { isObject, type Json, type JsonObject } from "../../schema/jsonSchema";
import { fieldPath, type Path } from "../../schema/paths";
import { useForm } from "../formContext";
import { issuesAt } from "../issueIndex";
import { RowIssues } from "../widgets/RowIssues";
import { Segmented } from "../widgets/Segmented";
import { useRowKeys } from "../widgets/useRowKeys";
import styles from "./conditions.module.css";
import { ConditionRow } from "./ConditionRow";
import { conditionMessages } from "./messages";
import { listOf, MAX_DEPTH, newCondition, placesIn, type Catalog } from "./model";

export interface ConditionGroupProps {
  catalog: Catalog;
  byField: boolean;
  group: JsonObject;
  path: Path;
  depth: number;
  onChange: (group: JsonObject) => void;
}

/** Rows and inner groups, of which all or any must hold. */
export function ConditionGroup({ catalog, byField, group, path, depth, onChange }: ConditionGroupProps) {
  const t = useMessages(conditionMessages);
  const form = useForm();
  const root = useRef<HTMLDivElement>(null);
  const [fresh, setFresh] = useState<string | null>(null);
  const conditions = listOf(group, "conditions");
  const groups = listOf(group, "groups");
  const rowKeys = useRowKeys(conditions.length);
  const groupKeys = useRowKeys(groups.length);
  const any = group["match"] === "any";
  const count = conditions.length + groups.length;

  useEffect(() => {
    if (fresh) root.current?.querySelector<HTMLElement>(`[data-key="${fresh}"] :is(input, .cm-content)`)?.focus();
  }, [fresh]);

  function replace(key: "conditions" | "groups", index: number, next: Json | null): void {
    const list = listOf(group, key);
    const changed = next === null ? list.filter((_one, place) => place !== index) : list.map((one, place) => (place === index ? next : one));
    onChange({ ...group, [key]: changed });
  }

  return (
    <div ref={root} className={styles.group} data-depth={depth} data-field={depth > 0 ? fieldPath(path) : undefined}>
      {count > 1 && (
        <Segmented
          label={t("match")}
          value={any ? "any" : "all"}
          options={[
            { value: "all", label: t("all") },
            { value: "any", label: t("any") },
          ]}
          onChange={(match) => !form.readOnly && onChange({ ...group, match })}
        />
      )}
      {conditions.map((row, index) => (
        <div key={rowKeys.list[index]} data-key={rowKeys.list[index]} className={styles.member}>
          {index > 0 && <span className={styles.joint}>{t(any ? "or" : "and")}</span>}
          <ConditionRow
            catalog={catalog}
            byField={byField}
            value={row}
            path={[...path, "conditions", index]}
            number={index + 1}
            onChange={(next) => replace("conditions", index, next)}
            onRemove={() => {
              rowKeys.remove(index);
              replace("conditions", index, null);
            }}
          />
        </div>
      ))}
      {groups.map((inner, index) => (
        <div key={groupKeys.list[index]} data-key={groupKeys.list[index]} className={styles.member} role="group" aria-label={t("group", { number: index + 1 })}>
          {conditions.length + index > 0 && <span className={styles.joint}>{t(any ? "or" : "and")}</span>}
          <div className={styles.inner} data-testid={`group-${fieldPath([...path, "groups", index])}`}>
            <div className={styles.innerHead}>
              <span>{t("group", { number: index + 1 })}</span>
              {!form.readOnly && (
                <button
                  type="button"
                  className={styles.remove}
                  aria-label={t("removeGroup", { number: index + 1 })}
                  title={t("removeGroup", { number: index + 1 })}
                  onClick={() => {
                    groupKeys.remove(index);
                    replace("groups", index, null);
                  }}
                >
                  <Trash2 size={13} aria-hidden />
                </button>
              )}
            </div>
            <ConditionGroup
              catalog={catalog}
              byField={byField}
              group={isObject(inner) ? inner : {}}
              path={[...path, "groups", index]}
              depth={depth + 1}
              onChange={(next) => replace("groups", index, next)}
            />
          </div>
        </div>
      ))}
      {depth > 0 && <RowIssues issues={issuesAt(form.issues, path, placesIn(group, path))} />}
      {!form.readOnly && (
        <div className={styles.adders}>
          <button
            type="button"
            className={styles.adder}
            data-testid={`add-condition-${fieldPath(path)}`}
            onClick={() => {
              setFresh(rowKeys.insert(conditions.length));
              onChange({ ...group, conditions: [...conditions, newCondition(byField)] });
            }}
          >
            <Plus size={13} aria-hidden /> {t("addCondition")}
          </button>
          {depth < MAX_DEPTH && (
            <button
              type="button"
              className={styles.adder}
              data-testid={`add-group-${fieldPath(path)}`}
              onClick={() => {
                setFresh(groupKeys.insert(groups.length));
                const match = any ? "all" : "any";
                onChange({ ...group, groups: [...groups, { match, conditions: [newCondition(byField)] }] });
              }}
            >
              <ListTree size={13} aria-hidden /> {t("addGroup")}
            </button>
          )}
        </div>
      )}
    </div>
  );
}
