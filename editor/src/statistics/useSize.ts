import { useLayoutEffect, useState, type RefObject } from "react";

export interface Size {
  width: number;
  height: number;
}

// Before the first layout, and where there is none.
const FIRST: Size = { width: 480, height: 250 };

/** How large an element is. While the host shows another page it has no size, and keeps the one that it had. */
export function useSize(element: RefObject<HTMLElement | null>): Size {
  const [size, setSize] = useState(FIRST);
  useLayoutEffect(() => {
    const shown = element.current;
    if (!shown || typeof ResizeObserver === "undefined") return;
    const measure = () => {
      const { width, height } = shown.getBoundingClientRect();
      if (width > 0 && height > 0) setSize((before) => (before.width === width && before.height === height ? before : { width, height }));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(shown);
    return () => observer.disconnect();
  }, [element]);
  return size;
}
