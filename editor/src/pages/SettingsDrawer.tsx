import { X } from "lucide-react";
import { lazy } from "react";
import { IconButton } from "../components/IconButton";
import { useMessages } from "../i18n/useMessages";
import { useUi } from "../store/uiStore";
import { Guarded } from "./Guarded";
import styles from "./EditorPage.module.css";
import { pageMessages } from "./messages";

const WorkflowSettingsPanel = lazy(async () => ({ default: (await import("../properties/WorkflowSettingsPanel")).WorkflowSettingsPanel }));

export function SettingsDrawer({ readOnly }: { readOnly: boolean }) {
  const t = useMessages(pageMessages);
  return (
    <aside className={styles.settings} aria-label={t("settings")} data-testid="settings-drawer">
      <header className={styles.settingsHeader}>
        <h2>{t("settings")}</h2>
        <IconButton label={t("close")} testId="settings-close" onClick={() => useUi.getState().set({ settingsOpen: false })}>
          <X />
        </IconButton>
      </header>
      <div className={styles.settingsBody}>
        <Guarded>
          <WorkflowSettingsPanel readOnly={readOnly} />
        </Guarded>
      </div>
    </aside>
  );
}
