/** Where a floating box goes beside its anchor, in viewport pixels. Pure. */

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

export type Side = "top" | "bottom" | "left" | "right";

export interface Placing {
  side: Side;
  /** Which edges line up across the side. */
  align: "start" | "center" | "end";
  gap: number;
}

const MARGIN = 8;

/** Take the wanted side when it has room, else the opposite one; then push the box into the viewport. */
export function placeBox(anchor: Box, size: { width: number; height: number }, viewport: { width: number; height: number }, placing: Placing): { left: number; top: number; side: Side } {
  const side = fits(anchor, size, viewport, placing.side, placing.gap) ? placing.side : flipped(anchor, size, viewport, placing);
  const vertical = side === "top" || side === "bottom";
  const across = vertical ? alignAlong(anchor.left, anchor.width, size.width, placing.align) : alignAlong(anchor.top, anchor.height, size.height, placing.align);
  const left = vertical ? across : side === "left" ? anchor.left - size.width - placing.gap : anchor.left + anchor.width + placing.gap;
  const top = vertical ? (side === "top" ? anchor.top - size.height - placing.gap : anchor.top + anchor.height + placing.gap) : across;
  return { left: clamp(left, MARGIN, viewport.width - size.width - MARGIN), top: clamp(top, MARGIN, viewport.height - size.height - MARGIN), side };
}

function flipped(anchor: Box, size: { width: number; height: number }, viewport: { width: number; height: number }, placing: Placing): Side {
  const opposite = OPPOSITE[placing.side];
  return fits(anchor, size, viewport, opposite, placing.gap) ? opposite : placing.side;
}

const OPPOSITE: Record<Side, Side> = { top: "bottom", bottom: "top", left: "right", right: "left" };

function fits(anchor: Box, size: { width: number; height: number }, viewport: { width: number; height: number }, side: Side, gap: number): boolean {
  if (side === "top") return anchor.top - gap - size.height >= MARGIN;
  if (side === "bottom") return anchor.top + anchor.height + gap + size.height <= viewport.height - MARGIN;
  if (side === "left") return anchor.left - gap - size.width >= MARGIN;
  return anchor.left + anchor.width + gap + size.width <= viewport.width - MARGIN;
}

function alignAlong(start: number, length: number, size: number, align: Placing["align"]): number {
  if (align === "start") return start;
  return align === "end" ? start + length - size : start + (length - size) / 2;
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high));
}
