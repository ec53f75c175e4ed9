import { afterEach, expect, it, vi } from "vitest";
import { motionMs, wholeGraph } from "./motion";

afterEach(() => vi.unstubAllGlobals());

function preferring(reduced: boolean): void {
  vi.stubGlobal("matchMedia", (query: string) => ({ matches: reduced && query === "(prefers-reduced-motion: reduce)" }));
}

it("moves the view for those who like it", () => {
  preferring(false);
  expect(motionMs(250)).toBe(250);
  expect(wholeGraph().duration).toBe(200);
});

it("jumps for those who asked for less motion", () => {
  preferring(true);
  expect(motionMs(250)).toBe(0);
  expect(wholeGraph().duration).toBe(0);
});
