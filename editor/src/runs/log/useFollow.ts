import { useCallback, useLayoutEffect, useRef, useState } from "react";

// So near to the end a reader wants to see what comes.
const NEAR_PX = 24;

/** Keeps the end of a box in sight while its content grows, until the reader scrolls up. */
export function useFollow(length: number) {
  const box = useRef<HTMLDivElement>(null);
  const [follow, setFollow] = useState(true);
  // How much there was when the reader went up.
  const [seen, setSeen] = useState(0);

  const toEnd = useCallback(() => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  }, []);
  useLayoutEffect(() => {
    if (follow) toEnd();
  }, [follow, length, toEnd]);

  const set = useCallback(
    (on: boolean) => {
      setFollow(on);
      setSeen(length);
    },
    [length],
  );
  const last = useRef(0);
  const onScroll = useCallback(() => {
    const { current } = box;
    if (!current) return;
    const up = current.scrollTop < last.current;
    const atEnd = current.scrollHeight - current.scrollTop - current.clientHeight < NEAR_PX;
    last.current = current.scrollTop;
    if (atEnd && !up && !follow) set(true);
    if (up && !atEnd && follow) set(false);
  }, [follow, set]);

  return { box, follow, setFollow: set, onScroll, unseen: follow ? 0 : Math.max(0, length - seen) };
}
