import { CircleAlert, CircleCheck, Info, X } from "lucide-react";
import { useEffect, useRef } from "react";
import { useMessages } from "../i18n/useMessages";
import { Button } from "./Button";
import { classes } from "./classes";
import { IconButton } from "./IconButton";
import { componentMessages } from "./messages";
import styles from "./Toast.module.css";
import { useToasts, type ToastMessage } from "./toastStore";

export { toast } from "./toastStore";

const ICONS = { success: CircleCheck, error: CircleAlert, info: Info };

/** Shows the toasts; one per island. */
export function ToastRegion() {
  const t = useMessages(componentMessages);
  const toasts = useToasts((state) => state.toasts);
  const region = useRef<HTMLDivElement>(null);
  const newest = toasts.at(-1)?.id;

  useEffect(() => {
    const element = region.current;
    if (!element) return;
    // Shown again for each message, so that it stands above a dialog that was opened in the meantime.
    element.hidePopover();
    if (newest !== undefined) element.showPopover();
  }, [newest]);

  return (
    <div ref={region} popover="manual" className={styles.region} role="region" aria-label={t("notifications")} aria-live="polite">
      {toasts.map((message) => (
        <ToastCard key={message.id} message={message} />
      ))}
    </div>
  );
}

function ToastCard({ message }: { message: ToastMessage }) {
  const t = useMessages(componentMessages);
  const dismiss = useToasts((state) => state.dismiss);
  const Icon = ICONS[message.tone];
  return (
    <div className={classes(styles.toast, styles[message.tone])} role={message.tone === "error" ? "alert" : "status"} data-testid="toast" data-tone={message.tone}>
      <Icon className={styles.icon} aria-hidden />
      <div className={styles.text}>
        <p className={styles.title}>{message.title}</p>
        {message.detail && <p className={styles.detail}>{message.detail}</p>}
        {message.action && (
          <Button
            size="small"
            className={styles.action}
            onClick={() => {
              message.action?.onSelect();
              dismiss(message.id);
            }}
          >
            {message.action.label}
          </Button>
        )}
      </div>
      <IconButton
        label={t("dismiss")}
        tooltip=""
        size="small"
        onClick={() => {
          dismiss(message.id);
        }}
      >
        <X />
      </IconButton>
    </div>
  );
}
