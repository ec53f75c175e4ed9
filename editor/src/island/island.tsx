/**
 * The island: one persistent element with an open shadow root, in which our own React root lives.
 *
 * It survives that the host mounts and unmounts its plugins: state is kept while the user walks through the
 * rest of Airflow, and neither side's styles reach the other.
 */
import { focusManager } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "../App";
import { setPortalContainer } from "./portal";
import { routeStore, type Navigate } from "./route";

export interface IslandTarget {
  /** "page": the editor's own page in the host; "dag": the tab on a Dag. */
  place: "page" | "dag";
  path: string;
}

export interface Island {
  /** Put the island's element into the host's; the answer takes it out again. */
  attach: (parent: HTMLElement) => () => void;
  show: (target: IslandTarget, navigate: Navigate) => void;
}

// The hyphen matters: the host's hotkeys ignore key presses whose target is a custom element.
const TAG = "flowforge-root";
// Replaced by the whole stylesheet when the bundle is built.
const STYLES = "__FLOWFORGE_CSS__";

let island: Island | null = null;

export function getIsland(pageRoute: string): Island {
  routeStore.setState({ pageRoute });
  island ??= makeIsland();
  return island;
}

/** Nothing is polled while nobody looks. */
function setAttached(attached: boolean): void {
  routeStore.setState({ attached });
  focusManager.setFocused(attached ? undefined : false);
}

function makeIsland(): Island {
  const element = document.createElement(TAG);
  element.style.cssText = "display:block;position:relative;width:100%;height:100%;min-height:0";
  const shadow = element.attachShadow({ mode: "open" });
  const style = document.createElement("style");
  style.textContent = STYLES;
  const root = document.createElement("div");
  root.className = "ff-root";
  const portals = document.createElement("div");
  portals.className = "ff-root ff-portals";
  shadow.append(style, root, portals);
  setPortalContainer(portals);
  createRoot(root).render(
    <StrictMode>
      <App frames={[root, portals]} />
    </StrictMode>,
  );
  return {
    attach: (parent) => {
      parent.append(element);
      setAttached(true);
      return () => {
        // A newer mount may hold the element already: the host mounts the next page before it drops this one.
        if (element.parentElement !== parent) return;
        element.remove();
        setAttached(false);
      };
    },
    show: (target, navigate) => {
      routeStore.setState({ place: target.place, path: target.path, navigate });
    },
  };
}
