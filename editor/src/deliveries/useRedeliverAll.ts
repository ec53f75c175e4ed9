import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { describeError } from "../api/client";
import { redeliverMatching } from "../api/deliveries";
import { toRedeliver, type DeliveryFilter } from "./deliveryFilter";

export interface RedeliverAll {
  state: "asking" | "sending" | "stopped" | "done";
  sent: number;
  refused: readonly { id: string; message: string }[];
  error: string | null;
  start: () => void;
  stop: () => void;
}

type Progress = Pick<RedeliverAll, "state" | "sent" | "refused" | "error">;

/** Sends all that match again, one page after the other, until the end or until it is stopped. */
export function useRedeliverAll(filter: DeliveryFilter): RedeliverAll {
  const client = useQueryClient();
  const [progress, setProgress] = useState<Progress>({ state: "asking", sent: 0, refused: [], error: null });
  // A page that is on its way is waited for: what it sends is sent, so it must be counted.
  const stopped = useRef(false);
  useEffect(() => () => void (stopped.current = true), []);

  async function work(): Promise<void> {
    let cursor: string | null = null;
    do {
      const answer: Awaited<ReturnType<typeof redeliverMatching>> = await redeliverMatching(toRedeliver(filter), cursor);
      cursor = answer.next_cursor;
      setProgress((before) => ({ ...before, sent: before.sent + answer.redelivered.length, refused: [...before.refused, ...answer.refused] }));
    } while (cursor !== null && !stopped.current);
    setProgress((before) => ({ ...before, state: cursor === null ? "done" : "stopped" }));
  }

  function start(): void {
    stopped.current = false;
    setProgress((before) => ({ ...before, state: "sending" }));
    work()
      .catch((error: unknown) => setProgress((before) => ({ ...before, state: "stopped", error: describeError(error) })))
      .finally(() => {
        void client.invalidateQueries({ queryKey: ["deliveries"] });
        void client.invalidateQueries({ queryKey: ["delivery"] });
      });
  }

  return { ...progress, start, stop: () => void (stopped.current = true) };
}
