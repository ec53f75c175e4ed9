import { ChevronRight, KeyRound } from "lucide-react";
import type { ReactNode } from "react";
import type { NodeType, Template } from "../api/types";
import { NodeIcon } from "../components/NodeIcon";
import { useLocale, useMessages } from "../i18n/useMessages";
import { groupColor } from "../theme/groupColor";
import styles from "./CreateDialog.module.css";
import { listMessages } from "./messages";

export interface ChoiceProps {
  value: string;
  chosen: string;
  onChoose: (value: string) => void;
}

/** One workflow to begin with, as a radio button. */
export function ChoiceCard({ value, chosen, onChoose, testId, children }: ChoiceProps & { testId: string; children: ReactNode }) {
  return (
    <label className={styles.template} data-testid={testId}>
      <input type="radio" name="template" value={value} checked={chosen === value} onChange={() => onChoose(value)} />
      {children}
    </label>
  );
}

// More steps than this do not fit into a card.
const MAX_ICONS = 6;

export interface TemplateCardProps extends ChoiceProps {
  template: Template;
  nodeTypes: ReadonlyMap<string, NodeType>;
}

/** A workflow that comes with FlowForge: its steps in a row, what it does, and what it needs. */
export function TemplateCard({ template, nodeTypes, ...choice }: TemplateCardProps) {
  const t = useMessages(listMessages);
  const russian = useLocale().startsWith("ru");
  const needs = template.connections.map((one) => one.connection_id).join(", ");
  return (
    <ChoiceCard {...choice} testId={`create-example-${template.id}`}>
      <span className={styles.card}>
        <StepRow types={template.node_types} nodeTypes={nodeTypes} />
        <span className={styles.title}>{russian ? template.name_ru : template.name}</span>
        <span className={styles.text}>{russian ? template.description_ru : template.description}</span>
        {needs && (
          <span className={styles.needs} title={t("needsHelp")}>
            <KeyRound size={12} aria-hidden />
            {t("needs", { connections: needs })}
          </span>
        )}
      </span>
    </ChoiceCard>
  );
}

function StepRow({ types, nodeTypes }: { types: readonly string[]; nodeTypes: ReadonlyMap<string, NodeType> }) {
  const russian = useLocale().startsWith("ru");
  const title = (name: string) => {
    const type = nodeTypes.get(name);
    return type ? (russian ? type.title_ru : type.title) : name;
  };
  return (
    <span className={styles.steps} role="img" aria-label={types.map(title).join(" → ")}>
      {types.slice(0, MAX_ICONS).map((name, index) => {
        const type = nodeTypes.get(name);
        return (
          <span key={name} className={styles.stepIn}>
            {index > 0 && <ChevronRight size={12} aria-hidden />}
            <span className={styles.step} title={title(name)} style={{ ["--ff-tile" as string]: groupColor(type?.group ?? "") }}>
              <NodeIcon name={type?.icon ?? "blocks"} size={15} />
            </span>
          </span>
        );
      })}
      {types.length > MAX_ICONS && <span className={styles.more}>+{types.length - MAX_ICONS}</span>}
    </span>
  );
}
