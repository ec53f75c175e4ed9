import { lazy } from "react";
import type { Issue } from "../api/types";
import { ConflictDialog } from "../dialogs/ConflictDialog";
import { PublishDialog } from "../dialogs/PublishDialog";
import { RunDialog } from "../dialogs/RunDialog";
import { ShortcutsDialog } from "../dialogs/ShortcutsDialog";
import { UnpublishDialog } from "../dialogs/UnpublishDialog";
import { useUi } from "../store/uiStore";
import { goToIssue } from "./goToIssue";
import { Guarded } from "./Guarded";

const IssuesList = lazy(async () => ({ default: (await import("../issues/IssuesList")).IssuesList }));

export function EditorDialogs() {
  const dialog = useUi((state) => state.dialog);
  const close = () => useUi.getState().set({ dialog: null });
  const drawIssues = (issues: readonly Issue[]) => (
    <Guarded>
      <IssuesList
        issues={issues}
        onSelect={(issue) => {
          close();
          goToIssue(issue);
        }}
      />
    </Guarded>
  );
  switch (dialog) {
    case "publish":
      return <PublishDialog onClose={close} drawIssues={drawIssues} />;
    case "run":
      return <RunDialog onClose={close} />;
    case "unpublish":
      return <UnpublishDialog onClose={close} />;
    case "conflict":
      return <ConflictDialog onClose={close} />;
    case "shortcuts":
      return <ShortcutsDialog onClose={close} />;
    case null:
      return null;
  }
}
