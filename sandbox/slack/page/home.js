/** The app's home tab. */
import { complain, get, post } from "./api.js";
import { render } from "./blocks.js";
import { el, replace } from "./dom.js";
import { keepingFocus } from "./focus.js";
import { tabs } from "./tabs.js";

/** Opens the home tab, which tells the bot so. */
export async function showHome() {
  const body = el("div.home", { id: "tab-panel", role: "tabpanel", "aria-label": "Home" }, el("p.empty", {}, "Loading…"));
  replace(document.getElementById("place"), el("header.headline", {}, el("h2", {}, "orgbot")), tabs("home"), body);
  await refreshHome();
  complain(await post("home"), "The app did not respond");
}

/** What a tab shows, so that the same is not drawn again beneath somebody's pointer. */
const shown = new WeakMap();
/** How often the tab was drawn: what is read meanwhile may be older than what has just been heard. */
let drawn = 0;

/** Reads anew what the bot has published. */
export async function refreshHome() {
  const before = drawn;
  const { view } = await get("home");
  if (view && drawn === before) drawHome(view);
}

/** @param {object} view the home tab as the bot has published it */
export function drawHome(view) {
  const body = document.querySelector(".home");
  if (!body) return;
  drawn += 1;
  const text = JSON.stringify(view);
  if (shown.get(body) === text) return;
  shown.set(body, text);
  const place = { view_id: view.id };
  const surface = {
    values: {},
    idOf: (block) => `home-${block.block_id}`,
    act: async (action) => complain(await post("action", { ...place, action }), "The app did not respond"),
    options: (block_id, action_id, value) => post("options", { ...place, block_id, action_id, value }),
  };
  keepingFocus(body, () => replace(body, render(view.blocks, surface)));
}
