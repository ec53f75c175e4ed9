import "@testing-library/jest-dom/vitest";
import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";

// jsdom knows neither the top layer nor layout; these are the parts that the editor calls.
HTMLDialogElement.prototype.showModal = function showModal() {
  this.open = true;
};
HTMLDialogElement.prototype.close = function close() {
  this.open = false;
};
HTMLElement.prototype.showPopover = function showPopover() {
  this.dataset["popoverOpen"] = "";
};
HTMLElement.prototype.hidePopover = function hidePopover() {
  delete this.dataset["popoverOpen"];
};

// A machine that does other things as well draws late; what is right comes in the end.
configure({ asyncUtilTimeout: 10_000 });

afterEach(cleanup);

// jsdom lays nothing out, so there is nothing to scroll.
Element.prototype.scrollIntoView = () => undefined;
