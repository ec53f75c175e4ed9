import { PanelLeftClose, PanelLeftOpen, Search } from "lucide-react";
import { useMemo, useState } from "react";
import type { NodeType } from "../api/types";
import { inputClass } from "../components/Field";
import { IconButton } from "../components/IconButton";
import { NodeIcon } from "../components/NodeIcon";
import { NODE_TYPE_MIME } from "../graph/dragType";
import { useLocale, useMessages } from "../i18n/useMessages";
import { useEditor } from "../store/editorStore";
import { useUi } from "../store/uiStore";
import { groupColor } from "../theme/groupColor";
import { isGroupKey, paletteMessages } from "./messages";
import styles from "./Palette.module.css";
import { groupNodeTypes, searchNodeTypes } from "./searchNodeTypes";

/** The node types beside the canvas: dragged onto it, or clicked. */
export function Palette({ onAdd }: { onAdd: (type: string) => void }) {
  const t = useMessages(paletteMessages);
  const types = useEditor((state) => state.nodeTypes);
  const open = useUi((state) => state.paletteOpen);
  const [search, setSearch] = useState("");
  const hasTrigger = useEditor((state) => state.graph?.nodes.some((node) => state.nodeTypes.get(node.type)?.kind === "trigger") ?? false);
  const groups = useMemo(() => groupNodeTypes(searchNodeTypes([...types.values()], search), hasTrigger), [types, search, hasTrigger]);
  const toggle = (paletteOpen: boolean) => useUi.getState().set({ paletteOpen });
  if (!open) {
    return (
      <aside className={styles.closed}>
        <IconButton label={t("show")} testId="palette-toggle" onClick={() => toggle(true)}>
          <PanelLeftOpen />
        </IconButton>
      </aside>
    );
  }
  return (
    <aside className={styles.palette} aria-label={t("nodes")} data-testid="palette">
      <header className={styles.header}>
        <h2 className={styles.title}>{t("nodes")}</h2>
        <IconButton label={t("hide")} size="small" testId="palette-toggle" onClick={() => toggle(false)}>
          <PanelLeftClose />
        </IconButton>
      </header>
      <div className={styles.search}>
        <Search size={15} aria-hidden />
        <input type="search" className={inputClass} aria-label={t("search")} placeholder={t("search")} data-testid="palette-search" value={search} onChange={(event) => setSearch(event.target.value)} />
      </div>
      <div className={styles.groups}>
        {groups.map(({ group, types: members }) => (
          <section key={group}>
            <h3 className={styles.group}>{isGroupKey(group) ? t(group) : group}</h3>
            {members.map((type) => (
              <PaletteItem key={type.type} type={type} onAdd={onAdd} />
            ))}
          </section>
        ))}
        {groups.length === 0 && <p className={styles.nothing}>{t("nothing", { search })}</p>}
      </div>
      <p className={styles.foot}>{t("dragHint")}</p>
    </aside>
  );
}

function PaletteItem({ type, onAdd }: { type: NodeType; onAdd: (type: string) => void }) {
  const locale = useLocale();
  const { title, summary } = textsOf(type, locale);
  return (
    <button
      type="button"
      className={styles.item}
      style={{ ["--ff-tile" as string]: groupColor(type.group) }}
      draggable
      title={summary}
      data-testid={`palette-item-${type.type}`}
      onClick={() => onAdd(type.type)}
      onDragStart={(event) => {
        event.dataTransfer.setData(NODE_TYPE_MIME, type.type);
        event.dataTransfer.effectAllowed = "copy";
      }}
    >
      <span className={styles.icon}>
        <NodeIcon name={type.icon} size={18} />
      </span>
      <span className={styles.text}>
        <span className={styles.name}>{title}</span>
        <span className={styles.summary}>{summary}</span>
      </span>
    </button>
  );
}

export function textsOf(type: NodeType, locale: string): { title: string; summary: string } {
  const russian = locale.startsWith("ru");
  return { title: (russian && type.title_ru) || type.title, summary: (russian && type.summary_ru) || type.summary };
}
