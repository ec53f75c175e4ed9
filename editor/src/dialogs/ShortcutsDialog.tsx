import { Dialog } from "../components/Dialog";
import { useMessages } from "../i18n/useMessages";
import styles from "./dialogs.module.css";
import { dialogMessages } from "./messages";
import { shortcutMessages } from "./shortcutMessages";

const KEYS: [string, keyof (typeof shortcutMessages)["en"]][] = [
  ["N", "addNode"],
  ["Enter", "open"],
  ["F2", "rename"],
  ["Del", "remove"],
  ["Ctrl+C / X / V", "clipboard"],
  ["Ctrl+D", "duplicate"],
  ["Ctrl+A", "selectAll"],
  ["Shift+drag", "box"],
  ["Ctrl+Z / Ctrl+Shift+Z", "undo"],
  ["Ctrl+Enter", "run"],
  ["Ctrl+Shift+Enter", "test"],
  ["Ctrl+S", "save"],
  ["Shift+Alt+T", "tidy"],
  ["1", "fit"],
  ["+ / −", "zoom"],
  ["Esc", "escape"],
];

export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  const t = useMessages(dialogMessages);
  const words = useMessages(shortcutMessages);
  return (
    <Dialog title={t("shortcutsTitle")} size="small" onClose={onClose} testId="shortcuts-dialog">
      <dl className={styles.keys}>
        {KEYS.map(([keys, meaning]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{words(meaning)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
