import { useMutation, useQueryClient } from "@tanstack/react-query";
import { describeError } from "../api/client";
import { QUEUE_KEY } from "../api/queue";
import { toast } from "../components/Toast";
import { useMessages } from "../i18n/useMessages";
import { queueMessages } from "./messages";

export interface QueueAction {
  run: () => Promise<unknown>;
  /** What to say when it worked. */
  done: string;
}

/** Does something about the queue, says what became of it, and has everything read anew. */
export function useQueueAction() {
  const t = useMessages(queueMessages);
  const client = useQueryClient();
  return useMutation({
    mutationFn: (action: QueueAction) => action.run(),
    onSuccess: (_answer, action) => toast({ tone: "success", title: action.done }),
    onError: (error) => {
      toast({ tone: "error", title: t("failed"), detail: describeError(error) });
    },
    onSettled: () => client.invalidateQueries({ queryKey: QUEUE_KEY }),
  });
}
