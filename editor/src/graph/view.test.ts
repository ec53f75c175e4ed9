import { describe, expect, it } from "vitest";
import { openingView, reveal, type Box, type View } from "./view";

const row = (count: number): Box[] => Array.from({ length: count }, (_, index) => ({ x: index * 336, y: 0, width: 240, height: 64 }));
const onScreen = (view: View, box: Box) => ({ left: view.x + box.x * view.zoom, right: view.x + (box.x + box.width) * view.zoom });

describe("openingView", () => {
  it("shows a small graph whole, in the middle and not larger than life", () => {
    expect(openingView(row(1), { width: 1000, height: 600 })).toEqual({ x: 380, y: 268, zoom: 1 });
  });

  it("makes a longer row smaller while it can be read", () => {
    const view = openingView(row(4), { width: 1120, height: 800 });
    expect(view.zoom).toBeLessThan(1);
    expect(view.zoom).toBeGreaterThanOrEqual(0.55);
    expect(onScreen(view, row(4)[3] as Box).right).toBeLessThanOrEqual(1120);
  });

  it("shows the beginning on a phone instead of an unreadable whole", () => {
    const view = openingView(row(4), { width: 327, height: 600 });
    expect(view.zoom).toBe(0.75);
    const first = onScreen(view, row(4)[0] as Box);
    expect(first.left).toBeGreaterThanOrEqual(0);
    expect(first.right).toBeLessThanOrEqual(327);
  });

  it("has an answer for an empty canvas", () => {
    expect(openingView([], { width: 200, height: 100 })).toEqual({ x: 100, y: 50, zoom: 1 });
  });
});

describe("reveal", () => {
  const area = { width: 600, height: 400 };
  const box = { x: 0, y: 0, width: 200, height: 64 };

  it("leaves the view when the node is inside", () => {
    const view = { x: 100, y: 100, zoom: 1 };
    expect(reveal(view, box, area)).toBe(view);
  });

  it("moves just far enough on each side", () => {
    expect(reveal({ x: 500, y: 100, zoom: 1 }, box, area)).toEqual({ x: 380, y: 100, zoom: 1 });
    expect(reveal({ x: -50, y: 390, zoom: 1 }, box, area)).toEqual({ x: 20, y: 316, zoom: 1 });
  });

  it("shows the beginning of a node that is too wide", () => {
    expect(reveal({ x: 300, y: 100, zoom: 4 }, box, area).x).toBe(20);
  });
});
