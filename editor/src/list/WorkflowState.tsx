import type { WorkflowSummary } from "../api/types";
import { Badge } from "../components/Badge";
import { useMessages } from "../i18n/useMessages";
import { listMessages } from "./messages";

const TONES = { draft: "neutral", published: "success", changed: "warning" } as const;

/** Draft, published, or published with changes. */
export function WorkflowState({ state, testId }: { state: WorkflowSummary["state"]; testId?: string }) {
  const t = useMessages(listMessages);
  return (
    <Badge tone={TONES[state]} dot title={t(`${state}Help`)} {...(testId ? { testId } : {})}>
      {t(state)}
    </Badge>
  );
}
