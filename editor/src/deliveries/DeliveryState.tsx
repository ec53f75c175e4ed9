import { Clock, CircleCheck, CircleSlash, CircleX, FileInput, FlaskConical, Mail, Pause, Webhook } from "lucide-react";
import type { ReactNode } from "react";
import type { DeliveryState as State } from "../api/deliveries";
import { Badge, type Tone } from "../components/Badge";
import { useMessages } from "../i18n/useMessages";
import { KINDS, REASONS } from "./deliveryFilter";
import { deliveryMessages } from "./messages";

const LOOKS: Record<State, { tone: Tone; icon: ReactNode }> = {
  pending: { tone: "running", icon: <Clock /> },
  held: { tone: "warning", icon: <Pause /> },
  dispatched: { tone: "success", icon: <CircleCheck /> },
  failed: { tone: "danger", icon: <CircleX /> },
  skipped: { tone: "neutral", icon: <CircleSlash /> },
  captured: { tone: "accent", icon: <FlaskConical /> },
};

/** The state of a delivery in words, colour and shape. */
export function DeliveryState({ state, reason }: { state: State; reason: string | null }) {
  const t = useMessages(deliveryMessages);
  const look = LOOKS[state];
  const why = REASONS.find((one) => one === reason);
  return (
    <Badge tone={look.tone} icon={look.icon}>
      {t(`state.${state}`)}
      {reason !== null && ` · ${why ? t(`reason.${why}`) : reason}`}
    </Badge>
  );
}

/** What received it. */
export function DeliveryKind({ kind }: { kind: string }) {
  const t = useMessages(deliveryMessages);
  const known = KINDS.find((one) => one === kind);
  const Icon = kind === "email" ? Mail : kind === "form" ? FileInput : Webhook;
  return (
    <>
      <Icon size={14} aria-hidden /> {known ? t(`kind.${known}`) : kind}
    </>
  );
}
