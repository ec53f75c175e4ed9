/** Where popovers and dialogs are drawn: inside the shadow root, else they would have no styles. */
let container: HTMLElement | undefined;

export function setPortalContainer(element: HTMLElement): void {
  container = element;
}

export function portalContainer(): HTMLElement {
  return container ?? document.body;
}

/** The document or shadow root that the editor lives in. */
export function rootNode(): Document | ShadowRoot {
  return portalContainer().getRootNode() as Document | ShadowRoot;
}

/** The element with the focus, looked up inside the shadow root. */
export function activeElement(): Element | null {
  return rootNode().activeElement;
}
