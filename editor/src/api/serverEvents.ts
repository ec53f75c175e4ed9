/** Server-sent events: what changes is told by the server; where no stream comes through, the reader polls. */
import { useEffect, useRef, useState } from "react";
import { routeStore } from "../island/route";
import { apiBase } from "./client";

// A proxy that buffers, a server that has none or is away: polling is enough for a while.
const GIVE_UP_AFTER = 3;
const OPEN_AGAIN_MS = 30_000;

export interface ServerEvents {
  /** The stream is open, so that nobody has to ask again and again. */
  live: boolean;
  /** No stream comes through. It is opened again after a while. */
  broken: boolean;
}

/** @param id of the event, where the server has numbered it */
export type OnServerEvent = (type: string, data: unknown, id: string) => void;

/** Whether the browser knows streams at all. */
export function hasServerEvents(): boolean {
  return typeof EventSource === "function";
}

/**
 * Listen to a stream while it is wanted and while the editor is shown.
 *
 * @param path below the API's address; null: none
 * @param onEvent gets each event's type and data; undefined where the data is not JSON
 */
export function useServerEvents(path: string | null, types: readonly string[], onEvent: OnServerEvent): ServerEvents {
  const [state, setState] = useState<"waiting" | "live" | "broken">("waiting");
  const none = !hasServerEvents();
  const attached = routeStore((route) => route.attached);
  const latest = useRef(onEvent);
  useEffect(() => {
    latest.current = onEvent;
  });
  const names = types.join(" ");
  useEffect(() => {
    if (path === null || !attached || none) return undefined;
    let stop: () => void;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const open = () => {
      stop = listen(`${apiBase()}${path}`, names.split(" "), {
        onEvent: (...event) => latest.current(...event),
        onLive: (live) => setState(live ? "live" : "waiting"),
        onBroken: () => {
          setState("broken");
          timer = setTimeout(open, OPEN_AGAIN_MS);
        },
      });
    };
    open();
    return () => {
      clearTimeout(timer);
      stop();
      setState("waiting");
    };
  }, [path, names, attached, none]);
  return { live: state === "live", broken: none || state === "broken" };
}

interface Listener {
  onEvent: OnServerEvent;
  onLive: (live: boolean) => void;
  onBroken: () => void;
}

/** @returns what ends it */
function listen(url: string, names: readonly string[], { onEvent, onLive, onBroken }: Listener): () => void {
  const source = new EventSource(url);
  let failures = 0;
  source.onerror = () => {
    failures += 1;
    onLive(false);
    // One that was refused is not opened again by the browser.
    if (failures < GIVE_UP_AFTER && source.readyState !== CLOSED) return;
    source.close();
    onBroken();
  };
  for (const name of new Set(["open", "reset", ...names])) {
    source.addEventListener(name, (event: MessageEvent) => {
      // The browser's own `open` carries no data, and tells nothing: what cuts streams off lets them open.
      if (event.data === undefined) return;
      failures = 0;
      onLive(true);
      if (names.includes(name)) onEvent(name, parse(event.data), event.lastEventId);
    });
  }
  // Otherwise the browser would open a stream again that the server has ended for good.
  source.addEventListener("close", () => {
    source.close();
    onLive(false);
  });
  return () => source.close();
}

const CLOSED = 2;

function parse(data: unknown): unknown {
  try {
    return typeof data === "string" ? (JSON.parse(data) as unknown) : undefined;
  } catch {
    return undefined;
  }
}
