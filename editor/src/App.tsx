// Styles of the whole page first: those of components must come after them.
import "@xyflow/react/dist/base.css";
import "./theme/tokens.css";
import "./theme/base.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { CircleX, Compass } from "lucide-react";
import { useLayoutEffect } from "react";
import { queryClient } from "./api/queries";
import { Button } from "./components/Button";
import { EmptyState } from "./components/EmptyState";
import { ErrorBoundary } from "./components/ErrorBoundary";
import { ToastRegion } from "./components/Toast";
import { LocaleContext, useMessages } from "./i18n/useMessages";
import { navigate, useRoute } from "./island/route";
import { appMessages } from "./messages";
import { EditorPage } from "./pages/EditorPage";
import { ListPage } from "./pages/ListPage";
import { useHostLook } from "./theme/useHostLook";

/** `frames`: the elements that carry the editor's theme, language and direction. */
export function App({ frames }: { frames: readonly HTMLElement[] }) {
  const look = useHostLook();
  useLayoutEffect(() => {
    for (const frame of frames) {
      frame.dataset["colorMode"] = look.colorMode;
      frame.lang = look.locale;
      frame.dir = look.direction;
    }
  }, [frames, look]);
  return (
    <QueryClientProvider client={queryClient}>
      <LocaleContext.Provider value={look.locale}>
        <ErrorBoundary fallback={(error, retry) => <Broken error={error} retry={retry} />}>
          <Page />
        </ErrorBoundary>
        <ToastRegion />
      </LocaleContext.Provider>
    </QueryClientProvider>
  );
}

function Page() {
  const t = useMessages(appMessages);
  const route = useRoute();
  if (route.page === "list") return <ListPage />;
  if (route.page === "workflow") return <EditorPage key={route.workflowId} workflowId={route.workflowId} executionId={route.executionId} />;
  return (
    <EmptyState
      icon={<Compass />}
      title={t("unknownPage")}
      text={route.path}
      actions={
        <Button variant="primary" onClick={() => navigate("/")}>
          {t("toList")}
        </Button>
      }
    />
  );
}

function Broken({ error, retry }: { error: Error; retry: () => void }) {
  const t = useMessages(appMessages);
  return (
    <EmptyState
      alert
      icon={<CircleX />}
      title={t("broken")}
      text={`${t("brokenText")} (${error.message})`}
      actions={
        <Button variant="primary" onClick={retry}>
          {t("retry")}
        </Button>
      }
    />
  );
}
