import { useState } from "react";
import { JsonView } from "../../components/json/JsonView";
import { useLocale, useMessages } from "../../i18n/useMessages";
import { isObject, type Json } from "../../schema/jsonSchema";
import type { FieldSpec } from "../fieldSpec";
import { transformMessages } from "./messages";
import styles from "./TransformPreview.module.css";
import { sampleBefore, type TrialSample } from "./trial";
import type { TransformTrial } from "./useTransformTrial";

export interface TransformPreviewProps {
  trial: TransformTrial;
  operations: readonly Json[];
  /** Of the form; they know what the operations are called. */
  fields: readonly FieldSpec[];
}

/** What the operations make of the sample data, after each of them. */
export function TransformPreview({ trial, operations, fields }: TransformPreviewProps) {
  const t = useMessages(transformMessages);
  const russian = useLocale().startsWith("ru");
  const [chosen, setChosen] = useState<number | null>(null);
  // Without a choice, the newest result: the last operation that has one.
  const last = operations.length;
  const place = chosen === null || chosen > last ? last : chosen;
  const sample = sampleBefore(trial.answer, place);
  const error = trial.missing ? null : trial.answer?.error;
  return (
    <section className={styles.preview} data-testid="transform-preview" data-stale={trial.stale || undefined} aria-label={t("preview")}>
      <div className={styles.head}>
        <h3>{t("preview")}</h3>
        {operations.length > 0 && (
          <select className={styles.choice} aria-label={t("after")} data-testid="preview-place" value={place} onChange={(event) => setChosen(Number(event.target.value))}>
            <option value={0}>{t("ofInput")}</option>
            {operations.map((operation, index) => (
              <option key={index} value={index + 1}>
                {index + 1}. {operationLabel(operation, fields, russian)}
              </option>
            ))}
          </select>
        )}
      </div>
      <div role="status" className={styles.body}>
        {operations.length === 0 && <p className={styles.note}>{t("noOperations")}</p>}
        {operations.length > 0 && trial.missing && <p className={styles.note}>{t("noData")}</p>}
        {trial.offline && <p className={styles.note}>{t("offline", { message: trial.offline })}</p>}
        {trial.pending && <p className={styles.note}>{t("working")}</p>}
        {error && (
          <p className={styles.fault} data-testid="preview-fault">
            {error.operation === null ? t("failedInput", { message: error.message }) : t("failed", { number: error.operation + 1, message: error.message })}
          </p>
        )}
        {trial.answer?.notes?.map((note) => (
          <p key={note} className={styles.note}>
            {note}
          </p>
        ))}
        {!trial.missing && trial.answer && (sample ? <Sample sample={sample} /> : <p className={styles.note}>{t("notReached")}</p>)}
      </div>
    </section>
  );
}

function Sample({ sample }: { sample: TrialSample }) {
  const t = useMessages(transformMessages);
  const value = sample.value as Json;
  return (
    <>
      {(sample.count !== null || sample.cut) && (
        <p className={styles.note} data-testid="preview-count">
          {sample.count !== null && t("items", { count: sample.count })}
          {sample.cut && ` ${Array.isArray(value) ? t("firstItems", { count: value.length }) : t("beginning")}`}
        </p>
      )}
      <JsonView value={value} rootPath={["value"]} label={t("preview")} fileName="preview.json" withPaths={false} openDepth={3} />
    </>
  );
}

function operationLabel(operation: Json, fields: readonly FieldSpec[], russian: boolean): string {
  const kind = isObject(operation) ? operation["operation"] : null;
  const list = fields.find((field) => field.name === "operations");
  const select = list?.kind === "object-list" ? list.item.fields.find((field) => field.name === "operation") : undefined;
  const option = select?.kind === "select" ? select.options.find((one) => one.value === kind) : undefined;
  return option ? (russian ? option.labelRu : option.label) : String(kind ?? "");
}
