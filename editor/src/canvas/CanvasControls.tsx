import { useReactFlow } from "@xyflow/react";
import { Maximize, Plus, WandSparkles, ZoomIn, ZoomOut } from "lucide-react";
import { Button } from "../components/Button";
import { IconButton } from "../components/IconButton";
import { useMessages } from "../i18n/useMessages";
import { useEditor } from "../store/editorStore";
import { useUi } from "../store/uiStore";
import styles from "./Canvas.module.css";
import { canvasMessages } from "./messages";
import { useTidy } from "./useTidy";
import { motionMs, wholeGraph } from "./motion";

export function CanvasControls({ narrow }: { narrow: boolean }) {
  const t = useMessages(canvasMessages);
  const flow = useReactFlow();
  const readOnly = useEditor((state) => state.readOnly);
  const paletteOpen = useUi((state) => state.paletteOpen);
  const bottomOpen = useUi((state) => state.bottomOpen);
  const tidy = useTidy();
  return (
    <>
      {!readOnly && (narrow ? !bottomOpen : !paletteOpen) && (
        <Button
          className={styles.add}
          variant="primary"
          icon={<Plus />}
          testId="add-node"
          aria-keyshortcuts="N"
          onClick={() => useUi.getState().set({ picker: { at: null, position: null, from: null, into: null } })}
        >
          {t("addNode")}
        </Button>
      )}
      <div className={styles.controls}>
        <IconButton label={t("zoomIn")} shortcut="+" testId="zoom-in" onClick={() => void flow.zoomIn({ duration: motionMs() })}>
          <ZoomIn />
        </IconButton>
        <IconButton label={t("zoomOut")} shortcut="−" testId="zoom-out" onClick={() => void flow.zoomOut({ duration: motionMs() })}>
          <ZoomOut />
        </IconButton>
        <IconButton label={t("fit")} shortcut="1" testId="fit-view" onClick={() => void flow.fitView(wholeGraph())}>
          <Maximize />
        </IconButton>
        {!readOnly && (
          <IconButton label={t("tidy")} shortcut="Shift+Alt+T" testId="tidy" onClick={() => void tidy()}>
            <WandSparkles />
          </IconButton>
        )}
      </div>
    </>
  );
}
