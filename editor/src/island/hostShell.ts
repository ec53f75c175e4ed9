/**
 * The component that the host mounts: it only attaches the island.
 *
 * It runs on the host's React and router (globalThis), while everything inside the island runs on our own
 * React: the host remounts its plugins on each path change, and may upgrade React when it likes.
 */
import type { IslandTarget } from "./island";

/** Where the editor's page is mounted in the host's router. */
const PAGE_ROUTE = "/plugin/flowforge";

// The bundle's entry holds this shell alone: lazy parts must never import the entry, whose address carries ?v=,
// or the browser would load a second copy of it.
const island = () => import("./island").then((module) => module.getIsland(PAGE_ROUTE));

interface HostReact {
  createElement: (type: string, props: Record<string, unknown>) => unknown;
  useLayoutEffect: (effect: () => (() => void) | undefined, deps?: readonly unknown[]) => void;
  useRef: <T>(initial: T) => { current: T };
}

interface HostRouter {
  useLocation: () => { pathname: string; search: string };
  useNavigate: () => (to: string, options?: { replace?: boolean }) => void;
}

function hostGlobal<T>(name: string): T {
  const value = (globalThis as Record<string, unknown>)[name];
  if (!value) throw new Error(`FlowForge needs globalThis.${name}, which Airflow 3.3 and later provide.`);
  return value as T;
}

/** The part of the host's path that is ours; the Dag's tab always shows its Dag's workflow. */
function targetOf(pathname: string, search: string, dagId: string | undefined): IslandTarget {
  if (dagId !== undefined) return { place: "dag", path: `/workflows/${encodeURIComponent(dagId)}` };
  const at = pathname.indexOf(PAGE_ROUTE);
  const path = at < 0 ? "" : pathname.slice(at + PAGE_ROUTE.length);
  return { place: "page", path: (path || "/") + search };
}

/** Begin to fetch what this address will show, all at once: the host takes a while until it mounts us. */
function fetchAhead(): void {
  // Without it the pages come a little later; a fault shows itself where they are used.
  const ignore = () => undefined;
  island().catch(ignore);
  // All other addresses are workflows: `/plugin/flowforge/workflows/<id>` and the Dag's tab.
  const isList = /\/plugin\/flowforge(\/workflows)?\/?$/.test(location.pathname);
  if (/\/plugin\/flowforge\/deliveries\/?$/.test(location.pathname)) import("../pages/DeliveriesPage").catch(ignore);
  else if (/\/plugin\/flowforge\/queue\/?$/.test(location.pathname)) import("../pages/QueuePage").catch(ignore);
  else if (/\/plugin\/flowforge\/dead-letters\/?$/.test(location.pathname)) import("../pages/DeadLettersPage").catch(ignore);
  else if (/\/plugin\/flowforge\/alerts\/?$/.test(location.pathname)) import("../pages/AlertsPage").catch(ignore);
  else if (isList) import("../pages/ListPage").catch(ignore);
  else import("../pages/EditorPage").catch(ignore);
}

export function makeHostShell() {
  fetchAhead();
  return function FlowForge(props: { dagId?: string }): unknown {
    const React = hostGlobal<HostReact>("React");
    const router = hostGlobal<HostRouter>("ReactRouterDOM");
    const { pathname, search } = router.useLocation();
    const navigate = router.useNavigate();
    const host = React.useRef<HTMLElement | null>(null);
    const { place, path: shown } = targetOf(pathname, search, props.dagId);

    React.useLayoutEffect(() => {
      const parent = host.current;
      if (!parent) return undefined;
      let gone = false;
      let detach: (() => void) | undefined;
      void island().then((ready) => {
        if (!gone) detach = ready.attach(parent);
      });
      return () => {
        gone = true;
        detach?.();
      };
    }, []);

    React.useLayoutEffect(() => {
      void island().then((ready) =>
        ready.show({ place, path: shown }, (path, options) => {
          // Leaving the Dag's tab for another page of ours goes to our own place in the host.
          navigate(PAGE_ROUTE + (path === "/" ? "" : path), options);
        }),
      );
      return undefined;
    }, [place, shown, navigate]);

    return React.createElement("div", { ref: host, style: { height: "100%", minHeight: 0 } });
  };
}
