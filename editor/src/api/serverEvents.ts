/** Server-sent events: what changes is told by the server; where no stream comes through, the reader polls. */
import { useEffect, useRef, useState } from "react";
import { routeStore } from "../island/route";
import { apiBase } from "./client";

// A proxy that buffers, or a server that has none: polling is enough then.
const GIVE_UP_AFTER = 3;

export interface ServerEvents {
  /** The stream is open, so that nobody has to ask again and again. */
  live: boolean;
}

/**
 * Listen to a stream while it is wanted and while the editor is shown.
 *
 * @param path below the API's address; null: none
 * @param onEvent gets each event's type and data; undefined where the data is not JSON
 */
export function useServerEvents(path: string | null, types: readonly string[], onEvent: (type: string, data: unknown) => void): ServerEvents {
  const [live, setLive] = useState(false);
  const attached = routeStore((state) => state.attached);
  const latest = useRef(onEvent);
  useEffect(() => {
    latest.current = onEvent;
  });
  const names = types.join(" ");
  useEffect(() => {
    if (path === null || !attached || typeof EventSource !== "function") return undefined;
    const source = new EventSource(`${apiBase()}${path}`);
    let failures = 0;
    source.onopen = () => {
      failures = 0;
      setLive(true);
    };
    source.onerror = () => {
      setLive(false);
      failures += 1;
      if (failures >= GIVE_UP_AFTER) source.close();
    };
    for (const name of names.split(" ")) {
      // The browser's own events of the stream, such as `open`, carry no data.
      source.addEventListener(name, (event: MessageEvent) => event.data !== undefined && latest.current(name, parse(event.data)));
    }
    return () => {
      source.close();
      setLive(false);
    };
  }, [path, names, attached]);
  return { live };
}

function parse(data: unknown): unknown {
  try {
    return typeof data === "string" ? (JSON.parse(data) as unknown) : undefined;
  } catch {
    return undefined;
  }
}
