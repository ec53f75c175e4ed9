import { CircleCheck, CircleDashed, CircleSlash, CircleX, Clock } from "lucide-react";
import type { ReactNode } from "react";
import type { ExecutionState } from "../api/types";
import { useMessages } from "../i18n/useMessages";
import { Badge, type Tone } from "./Badge";
import { Spinner } from "./Spinner";
import { stateMessages } from "./stateMessages";

const LOOKS: Record<ExecutionState, { tone: Tone; icon: ReactNode }> = {
  queued: { tone: "neutral", icon: <Clock /> },
  running: { tone: "running", icon: <Spinner size={12} /> },
  success: { tone: "success", icon: <CircleCheck /> },
  failed: { tone: "danger", icon: <CircleX /> },
  cancelled: { tone: "neutral", icon: <CircleSlash /> },
};

/** The state of an execution in words, colour and shape. */
export function StateBadge({ state }: { state: ExecutionState }) {
  const t = useMessages(stateMessages);
  const look = LOOKS[state] ?? { tone: "neutral" as const, icon: <CircleDashed /> };
  return (
    <Badge tone={look.tone} icon={look.icon}>
      {t(state)}
    </Badge>
  );
}
