import { useMessages } from "../../i18n/useMessages";
import { stepsWithoutData } from "../../expressions/scope";
import { holdsTemplate, tokenize } from "../../expressions/tokenize";
import type { Json } from "../../schema/jsonSchema";
import { useForm } from "../formContext";
import { propertiesMessages } from "../messages";
import { useExpressionPreview } from "../useExpressionPreview";
import styles from "./widgets.module.css";

const MAX_SHOWN = 2000;

/** The value that a template has with the data at hand, under its field. */
export function ExpressionPreview({ template, ...rest }: Omit<PreviewProps, "template"> & { template: Json | undefined }) {
  const t = useMessages(propertiesMessages);
  const { scope } = useForm();
  if (template === undefined || !holdsTemplate(template)) return null;
  // What the step works on is known only while it works, unless a trial of the step has shown a sample of it:
  // without it the server could name nothing but a mistake.
  const own = rest.ownNames?.find((name) => !Object.hasOwn(scope.data, name) && usesName(template, name));
  if (own === undefined) return <Preview template={template} {...rest} />;
  return rest.faulted ? null : (
    <div className={styles.preview} data-state="none" data-compact={rest.compact || undefined} data-testid="preview">
      <span>{t("previewLater", { name: own })}</span>
    </div>
  );
}

function usesName(template: Json, name: string): boolean {
  const text = typeof template === "string" ? template : JSON.stringify(template);
  return tokenize(text).some((part) => part.kind === "expression" && part.tokens.some((token, index) => token.kind === "name" && token.text === name && part.tokens[index - 1]?.text !== "."));
}

interface PreviewProps {
  template: Json;
  label: string;
  compact?: boolean;
  /** The field already says what is wrong with the expression. */
  faulted: boolean;
  /** Names that the expression sees only while the step works. */
  ownNames?: readonly string[];
}

function Preview({ template, label, compact, faulted }: PreviewProps) {
  const t = useMessages(propertiesMessages);
  const { scope } = useForm();
  const preview = useExpressionPreview(template, scope.data);
  // "steps has no field" would blame the expression for a run that has not come so far.
  const waiting = preview.status === "fault" ? stepsWithoutData(scope, template) : [];
  if (preview.status === "fault" && faulted && waiting.length === 0) return null;
  const state = preview.status === "value" ? "value" : preview.status === "fault" && waiting.length === 0 ? "fault" : "none";
  return (
    <div className={styles.preview} data-state={state} data-compact={compact || undefined} data-stale={preview.stale || undefined} role="status" aria-label={`${t("result")}: ${label}`} data-testid="preview">
      {preview.status === "value" && (
        <>
          <span className={styles.previewType}>{preview.type}</span>
          <span className={styles.previewValue}>{show(preview.value) || <em>{t("emptyText")}</em>}</span>
        </>
      )}
      {preview.status === "fault" && <span>{waiting.length > 0 ? t("noStepData", { steps: waiting.join(", ") }) : preview.message}</span>}
      {preview.status === "pending" && <span>{t("previewing")}</span>}
      {preview.status === "offline" && <span>{t("previewOffline", { message: preview.message })}</span>}
    </div>
  );
}

function show(value: Json): string {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, Array.isArray(value) || (typeof value === "object" && value !== null) ? 1 : 0);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
