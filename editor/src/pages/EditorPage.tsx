import { ReactFlowProvider } from "@xyflow/react";
import { CircleX, SearchX } from "lucide-react";
import { useEffect } from "react";
import { ApiProblem, describeError } from "../api/client";
import { useNodeTypes, useWorkflow } from "../api/queries";
import { Button } from "../components/Button";
import { EmptyState } from "../components/EmptyState";
import { Spinner } from "../components/Spinner";
import { useMessages } from "../i18n/useMessages";
import { navigate, routeStore } from "../island/route";
import { usePermissions } from "../session/usePermissions";
import { startAutosave } from "../store/draft";
import { useEditor } from "../store/editorStore";
import { useUi } from "../store/uiStore";
import styles from "./EditorPage.module.css";
import { EditorLayout } from "./EditorLayout";
import { pageMessages } from "./messages";

export interface EditorPageProps {
  workflowId: string;
  executionId: string | null;
}

/** Opens a workflow in the store, saves it by itself while it is open, and closes it. */
export function EditorPage({ workflowId, executionId }: EditorPageProps) {
  const t = useMessages(pageMessages);
  const workflow = useWorkflow(workflowId);
  const types = useNodeTypes();
  const opened = useEditor((state) => state.workflow?.id === workflowId);
  const refusal = usePermissions(workflowId);
  const mayEdit = refusal("edit") === null;

  useEffect(() => {
    if (types.data) useEditor.getState().setNodeTypes(types.data);
  }, [types.data]);
  useEffect(() => {
    if (!workflow.data) return undefined;
    useEditor.getState().open(workflow.data);
    const stop = startAutosave();
    return () => {
      stop();
      useEditor.getState().close();
      useUi.getState().set({ picker: null, dialog: null, settingsOpen: false, formOpen: false, bottomOpen: false });
    };
  }, [workflow.data]);
  useEffect(() => {
    useEditor.getState().setReadOnly(!mayEdit);
  }, [mayEdit, opened]);

  const failure = workflow.error ?? types.error;
  if (failure && !opened) return <Failure error={failure} retry={() => void (workflow.isError ? workflow.refetch() : types.refetch())} />;
  if (!opened || !types.data) {
    return (
      <div className={styles.loading}>
        <Spinner size={26} label={t("loading")} />
      </div>
    );
  }
  return (
    <ReactFlowProvider>
      <EditorLayout workflowId={workflowId} executionId={executionId} mayEdit={mayEdit} />
    </ReactFlowProvider>
  );
}

function Failure({ error, retry }: { error: Error; retry: () => void }) {
  const t = useMessages(pageMessages);
  const inDag = routeStore((state) => state.place === "dag");
  const gone = error instanceof ApiProblem && error.status === 404;
  return (
    <EmptyState
      alert
      testId="editor-failed"
      icon={gone ? <SearchX /> : <CircleX />}
      title={t(gone ? "notFoundTitle" : "failedTitle")}
      text={gone ? t(inDag ? "notFlowforge" : "notFoundText") : describeError(error)}
      actions={
        <>
          {!gone && <Button onClick={retry}>{t("retry")}</Button>}
          <Button variant="primary" onClick={() => navigate("/")}>
            {t("toList")}
          </Button>
        </>
      }
    />
  );
}
