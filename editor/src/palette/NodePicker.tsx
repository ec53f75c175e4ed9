import { Search } from "lucide-react";
import { useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";
import type { NodeType } from "../api/types";
import { inputClass } from "../components/Field";
import { NodeIcon } from "../components/NodeIcon";
import { placeBox } from "../components/place";
import { useLocale, useMessages } from "../i18n/useMessages";
import { useEditor } from "../store/editorStore";
import type { PickerRequest } from "../store/uiStore";
import { groupColor } from "../theme/groupColor";
import { paletteMessages } from "./messages";
import styles from "./NodePicker.module.css";
import { textsOf } from "./Palette";
import { groupNodeTypes, searchNodeTypes } from "./searchNodeTypes";

export interface NodePickerProps {
  request: PickerRequest;
  onPick: (type: string) => void;
  onClose: () => void;
}

/** The search for the next node, opened by N and by the + of a port; the field has the focus at once. */
export function NodePicker({ request, onPick, onClose }: NodePickerProps) {
  const t = useMessages(paletteMessages);
  const types = useEditor((state) => state.nodeTypes);
  const hasTrigger = useEditor((state) => state.graph?.nodes.some((node) => state.nodeTypes.get(node.type)?.kind === "trigger") ?? false);
  const box = useRef<HTMLDivElement>(null);
  const [search, setSearch] = useState("");
  const [active, setActive] = useState(0);
  const offered = useMemo(() => {
    const fitting = [...types.values()].filter((type) => type.kind !== "trigger" || !(request.from || request.into));
    // What was typed is answered best match first, whatever its group.
    return search.trim() ? searchNodeTypes(fitting, search) : groupNodeTypes(fitting, hasTrigger).flatMap((group) => group.types);
  }, [types, search, hasTrigger, request]);

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    element.showPopover();
    place(element, request.at);
    element.querySelector("input")?.focus();
  }, [request]);

  useEffect(() => {
    const onPress = (event: Event) => {
      if (box.current && !event.composedPath().includes(box.current)) onClose();
    };
    document.addEventListener("pointerdown", onPress, true);
    return () => document.removeEventListener("pointerdown", onPress, true);
  }, [onClose]);

  const onKey = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === "Escape") onClose();
    else if (event.key === "ArrowDown") setActive((now) => Math.min(now + 1, offered.length - 1));
    else if (event.key === "ArrowUp") setActive((now) => Math.max(now - 1, 0));
    else if (event.key === "Enter" && offered[active]) onPick(offered[active].type);
    else return;
    event.preventDefault();
  };
  const title = request.into ? t("insert") : request.from ? t("whatNext") : hasTrigger ? t("addNode") : t("whatStarts");
  const chosen = offered[active];
  return (
    <div ref={box} popover="manual" className={styles.picker} role="dialog" aria-label={title} data-testid="node-picker" onKeyDown={onKey}>
      <h2 className={styles.title}>{title}</h2>
      <div className={styles.search}>
        <Search size={15} aria-hidden />
        <input
          className={inputClass}
          role="combobox"
          aria-expanded
          aria-controls="ff-picker-list"
          aria-activedescendant={chosen ? `ff-pick-${chosen.type}` : undefined}
          aria-label={t("search")}
          placeholder={t("search")}
          data-testid="node-picker-search"
          value={search}
          onChange={(event) => {
            setSearch(event.target.value);
            setActive(0);
          }}
        />
      </div>
      <ul id="ff-picker-list" role="listbox" aria-label={t("nodes")} className={styles.list}>
        {offered.map((type, index) => (
          <Option key={type.type} type={type} active={index === active} onHover={() => setActive(index)} onPick={() => onPick(type.type)} />
        ))}
        {offered.length === 0 && <li className={styles.nothing}>{t("nothing", { search })}</li>}
      </ul>
      <p className={styles.keys} aria-hidden>
        {t("keys")}
      </p>
    </div>
  );
}

function Option({ type, active, onHover, onPick }: { type: NodeType; active: boolean; onHover: () => void; onPick: () => void }) {
  const { title, summary } = textsOf(type, useLocale());
  const element = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (active) element.current?.scrollIntoView({ block: "nearest" });
  }, [active]);
  return (
    <li
      ref={element}
      id={`ff-pick-${type.type}`}
      role="option"
      aria-selected={active}
      className={styles.option}
      style={{ ["--ff-tile" as string]: groupColor(type.group) }}
      data-testid={`node-picker-item-${type.type}`}
      onPointerMove={onHover}
      onClick={onPick}
    >
      <span className={styles.icon}>
        <NodeIcon name={type.icon} size={18} />
      </span>
      <span className={styles.text}>
        <span className={styles.name}>{title}</span>
        <span className={styles.summary}>{summary}</span>
      </span>
    </li>
  );
}

/** Beside the asked place, or in the upper middle; on phones a sheet at the bottom (by CSS). */
function place(element: HTMLElement, at: PickerRequest["at"]): void {
  const viewport = { width: window.innerWidth, height: window.innerHeight };
  const size = element.getBoundingClientRect();
  const spot = at
    ? placeBox({ left: at.x, top: at.y, width: 0, height: 0 }, size, viewport, { side: "right", align: "start", gap: 10 })
    : { left: (viewport.width - size.width) / 2, top: Math.max(16, viewport.height * 0.14) };
  element.style.setProperty("--ff-left", `${spot.left}px`);
  element.style.setProperty("--ff-top", `${spot.top}px`);
}
