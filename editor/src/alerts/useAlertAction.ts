import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ALERTS_KEY } from "../api/alerts";
import { toast } from "../components/Toast";

/** Changes something about alerts, says that it worked, and has everything read anew. */
export function useAlertAction(run: () => Promise<unknown>, done: string, after: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: run,
    onSuccess: () => {
      toast({ tone: "success", title: done });
      after();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ALERTS_KEY }),
  });
}
