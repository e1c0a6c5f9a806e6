/** The sidebar: channels, the app, and what is unread. */
import { el, redraw } from "./dom.js";
import { avatar } from "./message.js";
import { bot, store, user } from "./store.js";
import { isNew } from "./unread.js";

/** @param {(id: string) => void} go goes to a place */
export function drawSidebar(go) {
  const channels = store.state.channels.filter((entry) => !entry.is_im);
  const direct = store.state.channels.filter((entry) => entry.is_im);
  redraw(document.getElementById("sidebar"), "place",
    el("h2", {}, "Channels"),
    el("ul", {}, channels.map((entry) => row(entry.id, [el("span.hash", {}, entry.is_private ? "🔒" : "#"), entry.name], go))),
    el("h2", {}, "Apps"),
    el("ul", {}, direct.map((entry) => row(entry.id, [avatar(user(entry.user ?? bot().user_id), "small"), user(entry.user)?.name ?? bot().name], go))));
}

function row(id, label, go) {
  const here = id === store.place;
  const news = isNew(id);
  return el("li", {}, el(`button${here ? ".here" : ""}${news ? ".unread" : ""}`, { type: "button", "aria-current": here && "page", "data-place": id, onclick: () => go(id) }, label, news && el("span.dot", { role: "img", "aria-label": "unread" })));
}
