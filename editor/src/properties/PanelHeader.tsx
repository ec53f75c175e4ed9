import { Maximize2, Minimize2, X } from "lucide-react";
import type { NodeType } from "../api/types";
import { NodeIcon } from "../components/NodeIcon";
import type { GraphNode } from "../graph/types";
import { useLocale, useMessages } from "../i18n/useMessages";
import { useEditor } from "../store/editorStore";
import { propertiesMessages } from "./messages";
import styles from "./properties.module.css";

export interface PanelHeaderProps {
  node: GraphNode;
  nodeType: NodeType | undefined;
  wide: boolean;
  onWide: (wide: boolean) => void;
  onClose: () => void;
  readOnly: boolean;
}

export function PanelHeader({ node, nodeType, wide, onWide, onClose, readOnly }: PanelHeaderProps) {
  const t = useMessages(propertiesMessages);
  const russian = useLocale().startsWith("ru");
  const renameNode = useEditor((state) => state.renameNode);
  const widen = wide ? t("narrow") : t("widen");
  return (
    <header className={styles.header}>
      <span className={styles.headIcon} data-kind={nodeType?.kind}>
        <NodeIcon name={nodeType?.icon ?? "blocks"} size={20} />
      </span>
      <div className={styles.title}>
        <input
          className={styles.titleInput}
          value={node.name}
          placeholder={node.id}
          readOnly={readOnly}
          aria-label={t("nodeName")}
          data-testid="node-name"
          maxLength={200}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => renameNode(node.id, event.target.value)}
        />
        <span className={styles.subtitle}>
          {(russian ? nodeType?.title_ru : nodeType?.title) ?? node.type} · <code title={t("nodeId")}>{node.id}</code>
        </span>
      </div>
      <button type="button" className={styles.headButton} aria-pressed={wide} aria-label={widen} title={widen} data-testid="panel-widen" onClick={() => onWide(!wide)}>
        {wide ? <Minimize2 size={16} aria-hidden /> : <Maximize2 size={16} aria-hidden />}
      </button>
      <button type="button" className={styles.headButton} aria-label={t("close")} title={t("close")} data-testid="panel-close" onClick={onClose}>
        <X size={16} aria-hidden />
      </button>
    </header>
  );
}
