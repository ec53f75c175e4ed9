import { useState } from "react";
import { useMessages } from "../i18n/useMessages";
import { useEditor } from "../store/editorStore";
import { toolbarMessages } from "./messages";
import styles from "./Toolbar.module.css";

/** The name, edited in place: Enter or leaving keeps it, Escape takes it back. */
export function WorkflowName() {
  const t = useMessages(toolbarMessages);
  const name = useEditor((state) => state.graph?.name ?? "");
  const readOnly = useEditor((state) => state.readOnly);
  const [draft, setDraft] = useState<string | null>(null);
  const keep = () => {
    const wanted = draft?.trim();
    if (wanted && wanted !== name) useEditor.getState().renameWorkflow(wanted);
    setDraft(null);
  };
  const shown = draft ?? name;
  return (
    <span className={styles.name} data-value={shown || " "}>
      <input
        aria-label={t("name")}
        data-testid="workflow-name"
        maxLength={200}
        size={1}
        readOnly={readOnly}
        title={name}
        value={shown}
        onChange={(event) => setDraft(event.target.value)}
        onBlur={keep}
        onKeyDown={(event) => {
          if (event.key === "Enter") event.currentTarget.blur();
          if (event.key === "Escape") {
            event.stopPropagation();
            setDraft(null);
          }
        }}
      />
    </span>
  );
}
