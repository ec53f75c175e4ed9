import { CalendarClock, ClipboardList, Mail, MousePointerClick, PackageCheck, Webhook, Workflow, type LucideIcon } from "lucide-react";
import { useMessages } from "../i18n/useMessages";
import { triggerMessages } from "./triggerMessages";

const ICONS: Record<string, LucideIcon> = { webhook: Webhook, form: ClipboardList, email: Mail, asset: PackageCheck, workflow: Workflow, cron: CalendarClock };
const KNOWN = ["manual", "webhook", "form", "email", "cron", "asset", "workflow"] as const;

export function TriggerIcon({ type }: { type: string }) {
  const Icon = ICONS[type] ?? MousePointerClick;
  return <Icon size={13} aria-hidden />;
}

export function TriggerName({ type }: { type: string }) {
  const t = useMessages(triggerMessages);
  const known = KNOWN.find((one) => one === type);
  return known ? t(`trigger.${known}`) : type;
}
