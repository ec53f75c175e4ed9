import { useQuery } from "@tanstack/react-query";
import { fetchStepTest, type StepTest, type TestId } from "../api/stepTests";
import { useLocale } from "../i18n/useMessages";

const POLL_MS = 400;
const SLOW_POLL_MS = 2000;
// After some twenty seconds it is no quick test any more.
const MANY = 50;

/** What became of a test, read again until it has ended. */
export function useTestResult(test: TestId | null) {
  const locale = useLocale();
  return useQuery<StepTest, Error>({
    queryKey: ["step-test", test?.workflowId, test?.nodeId, test?.testId, locale],
    enabled: test !== null,
    staleTime: 0,
    retry: 1,
    refetchInterval: ({ state }) => (state.status === "error" || isEnded(state.data?.state) ? false : state.dataUpdateCount < MANY ? POLL_MS : SLOW_POLL_MS),
    queryFn: ({ signal }) => fetchStepTest(test ?? { workflowId: "", nodeId: "", testId: "" }, signal),
  });
}

export function isEnded(state: string | undefined): boolean {
  return state === "success" || state === "failed";
}
