/** Follow the host's colour mode, language and direction while it changes them. */
import { useSyncExternalStore } from "react";

export interface HostLook {
  colorMode: "light" | "dark";
  locale: string;
  direction: "ltr" | "rtl";
}

let look = readLook();

function readLook(): HostLook {
  const html = document.documentElement;
  const mode = html.classList.contains("dark") || html.dataset["theme"] === "dark" ? "dark" : "light";
  return { colorMode: mode, locale: html.lang || "en", direction: html.dir === "rtl" ? "rtl" : "ltr" };
}

function subscribe(notify: () => void): () => void {
  const refresh = () => {
    const next = readLook();
    if (next.colorMode === look.colorMode && next.locale === look.locale && next.direction === look.direction) return;
    look = next;
    notify();
  };
  const observer = new MutationObserver(refresh);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["class", "data-theme", "lang", "dir"] });
  refresh();
  return () => {
    observer.disconnect();
  };
}

export function useHostLook(): HostLook {
  return useSyncExternalStore(subscribe, () => look);
}
