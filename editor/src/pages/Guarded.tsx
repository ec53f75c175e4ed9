import { Suspense, type ReactNode } from "react";
import { ErrorBoundary } from "../components/ErrorBoundary";
import { Spinner } from "../components/Spinner";
import { useMessages } from "../i18n/useMessages";
import styles from "./EditorPage.module.css";
import { pageMessages } from "./messages";

/** A broken panel stays a broken panel. */
export function Guarded({ children }: { children: ReactNode }) {
  const t = useMessages(pageMessages);
  return (
    <ErrorBoundary fallback={(error) => <p role="alert">{t("brokenPanel", { message: error.message })}</p>}>
      <Suspense
        fallback={
          <div className={styles.loading}>
            <Spinner label={t("panelLoading")} />
          </div>
        }
      >
        {children}
      </Suspense>
    </ErrorBoundary>
  );
}
