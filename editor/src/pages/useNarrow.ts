import { useEffect, useState, type RefObject } from "react";

const NARROW = 720;

/** Whether an element is as narrow as a phone: the editor may share the window with the host's menus. */
export function useNarrow(element: RefObject<HTMLElement | null>): boolean {
  const [narrow, setNarrow] = useState(() => window.innerWidth < NARROW);
  useEffect(() => {
    const target = element.current;
    if (!target) return undefined;
    const observer = new ResizeObserver(([entry]) => {
      // Taken out of the page (the user is elsewhere in Airflow) it has no width at all.
      if (entry && entry.contentRect.width > 0) setNarrow(entry.contentRect.width < NARROW);
    });
    observer.observe(target);
    return () => observer.disconnect();
  }, [element]);
  return narrow;
}
