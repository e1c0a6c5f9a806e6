/** The app's home tab. */
import { get, post } from "./api.js";
import { render } from "./blocks.js";
import { el, replace, toast } from "./dom.js";
import { tabs } from "./tabs.js";

/** Opens the home tab, which tells the bot so. */
export async function showHome() {
  const body = el("div.home", { id: "tab-panel", role: "tabpanel", "aria-label": "Home" }, el("p.empty", {}, "Loading…"));
  replace(document.getElementById("place"), el("header.headline", {}, el("h2", {}, "orgbot")), tabs("home"), body);
  const { view } = await get("home");
  if (view) drawHome(view);
  const answer = await post("home");
  if (!answer.ok) toast(`The app did not respond (${answer.error}).`);
}

/** @param {object} view the home tab as the bot has published it */
export function drawHome(view) {
  const body = document.querySelector(".home");
  if (!body) return;
  const place = { view_id: view.id };
  const surface = {
    values: {},
    idOf: (block) => `home-${block.block_id}`,
    act: async (action) => {
      const answer = await post("action", { ...place, action });
      if (!answer.ok) toast(`The app did not respond (${answer.error}).`);
    },
    options: (block_id, action_id, value) => post("options", { ...place, block_id, action_id, value }),
  };
  replace(body, render(view.blocks, surface));
}
