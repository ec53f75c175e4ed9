/** What can be done to several executions at once. */
import { cancelExecutions, handleExecutions, retryExecution } from "../api/executions";
import { describeError } from "../api/client";
import type { ExecutionSummary } from "../api/types";
import { isFinished } from "../runs/types";

export type BulkKind = "cancel" | "retry" | "handle";

export interface BulkResult {
  done: number;
  refused: { id: string; message: string }[];
}

/** The server takes so many in one call. */
const MOST = 200;

/** Those of the chosen ones that it makes sense for. */
export function bulkTargets(kind: BulkKind, executions: readonly ExecutionSummary[]): ExecutionSummary[] {
  return executions.filter((one) => {
    if (kind === "cancel") return !isFinished(one.state);
    // A cancelled one goes on where it was cut off.
    if (kind === "retry") return one.state === "failed" || one.state === "cancelled";
    return (one.state === "failed" || one.state === "cancelled") && !one.handled;
  });
}

/** Do it to all, and tell what became of each; `onProgress` hears of it on the way. */
export async function runBulk(kind: BulkKind, ids: readonly string[], comment: string, onProgress: (result: BulkResult) => void): Promise<BulkResult> {
  let result: BulkResult = { done: 0, refused: [] };
  const add = (done: number, refused: BulkResult["refused"]) => {
    result = { done: result.done + done, refused: [...result.refused, ...refused] };
    onProgress(result);
  };
  if (kind === "retry") {
    for (const id of ids) {
      await retryExecution(id).then(
        () => add(1, []),
        (error: unknown) => add(0, [{ id, message: describeError(error) }]),
      );
    }
    return result;
  }
  for (let at = 0; at < ids.length; at += MOST) {
    const some = ids.slice(at, at + MOST);
    if (kind === "cancel") {
      const { results } = await cancelExecutions(some);
      const refused = results.filter((one) => !one.cancelled);
      add(results.length - refused.length, refused.map((one) => ({ id: one.id, message: one.message ?? one.code ?? "" })));
    } else {
      const answer = await handleExecutions(some, comment);
      add(answer.ids.length, answer.refused);
    }
  }
  return result;
}
