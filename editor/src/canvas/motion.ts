/** How long the canvas moves, for those who want to see it move. */

/** Milliseconds of a movement of the view: none for people who asked their system for less motion. */
export function motionMs(wanted = 200): number {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : wanted;
}

/** How the whole graph is shown: not larger than life, with some room around it. */
export function wholeGraph(): { duration: number; padding: number; maxZoom: number } {
  return { duration: motionMs(), padding: 0.2, maxZoom: 1 };
}
