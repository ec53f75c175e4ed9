import { Plus, Trash2 } from "lucide-react";
import { useEffect, useRef, useState, type ClipboardEvent } from "react";
import { useMessages } from "../../i18n/useMessages";
import type { Json, JsonObject } from "../../schema/jsonSchema";
import type { Path } from "../../schema/paths";
import { useForm } from "../formContext";
import { parsePairs } from "../keyValueText";
import { propertiesMessages } from "../messages";
import { doubleNames, fromRows, toRows, type PairRow } from "../pairs";
import { ExpressionPreview } from "./ExpressionPreview";
import { InlineValue } from "./InlineValue";
import styles from "./widgets.module.css";

export interface PairsEditorProps {
  value: JsonObject | null | undefined;
  path: Path;
  onChange: (value: Json) => void;
  label: string;
  /** Why a name is not allowed; null when it is. */
  checkName?: (name: string) => string | null;
  /** Values are constants: no preview. */
  constants?: boolean;
}

/** The members of an object as rows of name and value. */
export function PairsEditor({ value, path, onChange, label, checkName, constants }: PairsEditorProps) {
  const t = useMessages(propertiesMessages);
  const form = useForm();
  const [rows, setRows] = useState<PairRow[]>(() => toRows(value));
  const reported = useRef(JSON.stringify(value ?? {}));

  useEffect(() => {
    const serialized = JSON.stringify(value ?? {});
    if (serialized === reported.current) return;
    reported.current = serialized;
    setRows(toRows(value));
  }, [value]);

  function change(next: PairRow[]): void {
    setRows(next);
    const object = fromRows(next);
    const serialized = JSON.stringify(object);
    if (serialized === reported.current) return;
    reported.current = serialized;
    onChange(object);
  }

  function paste(index: number, event: ClipboardEvent): void {
    const pairs = parsePairs(event.clipboardData.getData("text"));
    if (!pairs) return;
    event.preventDefault();
    change([...rows.slice(0, index), ...pairs, ...rows.slice(index + 1)]);
  }

  const double = doubleNames(rows);
  return (
    <div role="group" aria-label={label} className={styles.rows}>
      {rows.map((row, index) => {
        const fault = double.has(index) ? t("doubleName", { name: row.name }) : row.name === "" ? null : (checkName?.(row.name) ?? null);
        return (
          <div key={index} className={styles.row} data-testid={`row-${[...path, index].join(".")}`}>
            <div className={styles.pair}>
              <div className={styles.pairName} data-invalid={fault !== null || undefined}>
                <input
                  className={styles.bare}
                  value={row.name}
                  readOnly={form.readOnly}
                  placeholder={t("name")}
                  aria-label={`${t("name")} ${index + 1}`}
                  aria-invalid={fault !== null || undefined}
                  spellCheck={false}
                  onPaste={(event) => paste(index, event)}
                  onChange={(event) => change(rows.map((one, place) => (place === index ? { ...one, name: event.target.value } : one)))}
                />
              </div>
              <div className={styles.pairValue} data-testid="pair-value">
                <InlineValue
                  value={row.value}
                  path={[...path, row.name || String(index)]}
                  label={`${t("value")} ${index + 1}`}
                  placeholder={t("value")}
                  onChange={(next) => change(rows.map((one, place) => (place === index ? { ...one, value: next } : one)))}
                />
              </div>
            </div>
            {!form.readOnly && (
              <div className={styles.rowActions}>
                <button type="button" data-testid="row-remove" aria-label={t("removeRow", { row: index + 1 })} title={t("remove")} onClick={() => change(rows.filter((_one, place) => place !== index))}>
                  <Trash2 size={13} aria-hidden />
                </button>
              </div>
            )}
            {!constants && <ExpressionPreview template={row.value} label={row.name} faulted={false} compact />}
            {fault !== null && <p className={styles.fault}>{fault}</p>}
          </div>
        );
      })}
      {!form.readOnly && (
        <div className={styles.addBar}>
          <button type="button" className={styles.add} onClick={() => change([...rows, { name: "", value: "" }])} data-testid={`add-${path.join(".")}`}>
            <Plus size={14} aria-hidden /> {t("addRow")}
          </button>
        </div>
      )}
    </div>
  );
}
