/** Which part of the drawing is seen. Pure; lengths in pixels, those of the drawing before zooming. */

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface View {
  x: number;
  y: number;
  zoom: number;
}

export interface Size {
  width: number;
  height: number;
}

const PADDING = 48;
/** The smallest zoom at which the whole is worth more than its beginning; below, names cannot be read. */
const SMALLEST = 0.55;
const READABLE = 0.75;
const EDGE = 20;

/** The box around all nodes; null without any. */
export function boundsOf(boxes: readonly Box[]): Box | null {
  if (boxes.length === 0) return null;
  const x = Math.min(...boxes.map((box) => box.x));
  const y = Math.min(...boxes.map((box) => box.y));
  return {
    x,
    y,
    width: Math.max(...boxes.map((box) => box.x + box.width)) - x,
    height: Math.max(...boxes.map((box) => box.y + box.height)) - y,
  };
}

/** The whole drawing where it can be read in `area`; else its beginning, large enough to read. */
export function openingView(boxes: readonly Box[], area: Size): View {
  const bounds = boundsOf(boxes);
  const first = boxes.reduce<Box | null>((left, box) => (left === null || box.x < left.x ? box : left), null);
  if (!bounds || !first) return { x: area.width / 2, y: area.height / 2, zoom: 1 };
  const padding = Math.min(PADDING, area.width / 12, area.height / 8);
  const fit = Math.min(1, (area.width - 2 * padding) / bounds.width, (area.height - 2 * padding) / bounds.height);
  if (fit >= SMALLEST) return centered(bounds, area, fit);
  const across = bounds.width * READABLE <= area.width - 2 * padding;
  const down = bounds.height * READABLE <= area.height - 2 * padding;
  const middle = centered(bounds, area, READABLE);
  return {
    x: across ? middle.x : padding - bounds.x * READABLE,
    y: down ? middle.y : area.height / 2 - (first.y + first.height / 2) * READABLE,
    zoom: READABLE,
  };
}

function centered(bounds: Box, area: Size, zoom: number): View {
  return {
    x: area.width / 2 - (bounds.x + bounds.width / 2) * zoom,
    y: area.height / 2 - (bounds.y + bounds.height / 2) * zoom,
    zoom,
  };
}

/** The view moved just so far that `box` lies inside `area`; the same object when it does already. */
export function reveal(view: View, box: Box, area: Size): View {
  const x = shift(view.x + box.x * view.zoom, box.width * view.zoom, area.width);
  const y = shift(view.y + box.y * view.zoom, box.height * view.zoom, area.height);
  return x === 0 && y === 0 ? view : { x: view.x + x, y: view.y + y, zoom: view.zoom };
}

function shift(start: number, length: number, room: number): number {
  const tooFar = start + length - (room - EDGE);
  if (start < EDGE || length > room - 2 * EDGE) return EDGE - start;
  return tooFar > 0 ? -tooFar : 0;
}
