import { CircleAlert, CloudCheck, CloudOff, CloudUpload, GitCompareArrows, PencilLine } from "lucide-react";
import { useMessages } from "../i18n/useMessages";
import { useEditor, type SaveState } from "../store/editorStore";
import { useUi } from "../store/uiStore";
import { classes } from "../components/classes";
import { toolbarMessages } from "./messages";
import styles from "./Toolbar.module.css";

const ICONS = { saved: CloudCheck, unsaved: PencilLine, saving: CloudUpload, offline: CloudOff, conflict: GitCompareArrows, refused: CircleAlert };
const LOUD: ReadonlySet<SaveState> = new Set(["offline", "conflict", "refused"]);

/** Whether the draft is on the server. */
export function SaveIndicator() {
  const t = useMessages(toolbarMessages);
  const state = useEditor((editor) => editor.saveState);
  const error = useEditor((editor) => editor.saveError);
  const Icon = ICONS[state];
  return (
    <span className={classes(styles.save, LOUD.has(state) && styles.loud)} role="status" data-testid="save-state" data-state={state} title={error ?? t(state)}>
      <Icon size={16} aria-hidden />
      <span className={styles.saveText}>{t(state)}</span>
      {state === "refused" && error && <span className={styles.saveError}>{error}</span>}
      {state === "conflict" && (
        <button type="button" className={styles.resolve} data-testid="resolve-conflict" onClick={() => useUi.getState().set({ dialog: "conflict" })}>
          {t("resolve")}
        </button>
      )}
    </span>
  );
}
