// Styles of the whole page first: those of components must come after them.
import "@xyflow/react/dist/base.css";
import "./theme/tokens.css";
import "./theme/base.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { CircleX, Compass } from "lucide-react";
import { lazy, Suspense, useLayoutEffect } from "react";
import { queryClient } from "./api/queries";
import { Button } from "./components/Button";
import { EmptyState } from "./components/EmptyState";
import { ErrorBoundary } from "./components/ErrorBoundary";
import { Spinner } from "./components/Spinner";
import { ToastRegion } from "./components/Toast";
import { LocaleContext, useMessages } from "./i18n/useMessages";
import { navigate, useRoute } from "./island/route";
import { appMessages } from "./messages";
import { AreaNav } from "./nav/AreaNav";
import { PauseBanner } from "./nav/PauseBanner";
import { useHostLook } from "./theme/useHostLook";

// Each page brings its own code: the list is there before the canvas has arrived.
const ListPage = lazy(async () => ({ default: (await import("./pages/ListPage")).ListPage }));
const DeliveriesPage = lazy(async () => ({ default: (await import("./pages/DeliveriesPage")).DeliveriesPage }));
const QueuePage = lazy(async () => ({ default: (await import("./pages/QueuePage")).QueuePage }));
const ExecutionsPage = lazy(async () => ({ default: (await import("./pages/ExecutionsPage")).ExecutionsPage }));
const ExecutionPage = lazy(async () => ({ default: (await import("./pages/ExecutionPage")).ExecutionPage }));
const DeadLettersPage = lazy(async () => ({ default: (await import("./pages/DeadLettersPage")).DeadLettersPage }));
const StatisticsPage = lazy(async () => ({ default: (await import("./pages/StatisticsPage")).StatisticsPage }));
const AlertsPage = lazy(async () => ({ default: (await import("./pages/AlertsPage")).AlertsPage }));
const StoragePage = lazy(async () => ({ default: (await import("./pages/StoragePage")).StoragePage }));
const EditorPage = lazy(async () => ({ default: (await import("./pages/EditorPage")).EditorPage }));

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
          <PauseBanner />
          <AreaNav />
          <Suspense fallback={<Loading />}>
            <Page />
          </Suspense>
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
  if (route.page === "deliveries") return <DeliveriesPage search={route.search} />;
  if (route.page === "queue") return <QueuePage search={route.search} />;
  if (route.page === "executions") return <ExecutionsPage search={route.search} />;
  if (route.page === "execution") return <ExecutionPage key={route.executionId} executionId={route.executionId} search={route.search} />;
  if (route.page === "deadLetters") return <DeadLettersPage search={route.search} />;
  if (route.page === "alerts") return <AlertsPage />;
  if (route.page === "storage") return <StoragePage />;
  if (route.page === "statistics") return <StatisticsPage key={route.workflowId} workflowId={route.workflowId} search={route.search} />;
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

function Loading() {
  const t = useMessages(appMessages);
  return (
    <div className="ff-loading">
      <Spinner size={26} label={t("loading")} />
    </div>
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
