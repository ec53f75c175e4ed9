/** The editor standing alone, for `npm run dev`: the browser's own address bar plays the host's router. */
import { getIsland } from "./island/island";

const parent = document.getElementById("root");
if (!parent) throw new Error("index.html has no #root");
const island = getIsland("#");
island.attach(parent);

function show(): void {
  island.show({ place: "page", path: location.hash.slice(1) || "/" }, (path, options) => {
    if (options?.replace) history.replaceState(null, "", `#${path}`);
    else history.pushState(null, "", `#${path}`);
    show();
  });
}

window.addEventListener("popstate", show);
window.addEventListener("hashchange", show);
show();
