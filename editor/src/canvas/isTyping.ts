/** Whether an event belongs to a text field, a dialog or a menu rather than to the canvas. */
export function isTyping(event: Event): boolean {
  return event.composedPath().some((part) => {
    if (!(part instanceof HTMLElement)) return false;
    return part.isContentEditable || /^(INPUT|TEXTAREA|SELECT|DIALOG)$/.test(part.tagName) || part.getAttribute("role") === "menu";
  });
}
