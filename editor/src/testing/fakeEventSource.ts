/** Streams of events that a test opens, fills and breaks. */
import { act } from "@testing-library/react";
import { afterEach, vi } from "vitest";
import { routeStore } from "../island/route";

export class FakeEventSource extends EventTarget {
  onerror: (() => void) | null = null;
  readyState = 0;

  constructor(readonly url: string) {
    super();
  }

  get closed(): boolean {
    return this.readyState === 2;
  }

  close(): void {
    this.readyState = 2;
  }

  /** The server answers, and says with which event it begins. */
  open(id = "e-0", type = "open"): void {
    this.readyState = 1;
    this.tell(type, {}, id);
  }

  tell(type: string, data: unknown, lastEventId = "e-1"): void {
    act(() => void this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data), lastEventId })));
  }

  /** The connection is lost; refused for good, the browser does not open it again. */
  fail({ refused = false }: { refused?: boolean } = {}): void {
    this.readyState = refused ? 2 : 0;
    act(() => this.onerror?.());
  }
}

/** @returns the streams that are opened from now on; the editor counts as shown */
export function fakeEventSources(): FakeEventSource[] {
  const sources: FakeEventSource[] = [];
  vi.stubGlobal(
    "EventSource",
    class extends FakeEventSource {
      constructor(url: string) {
        super(url);
        sources.push(this);
      }
    },
  );
  routeStore.setState({ attached: true });
  return sources;
}

afterEach(() => {
  routeStore.setState({ attached: false });
});
