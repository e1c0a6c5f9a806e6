/** The bar at the top: the workspace, and who sits in front of the page. */
import { el, replace } from "./dom.js";
import { avatar } from "./message.js";
import { group, people, store, user } from "./store.js";

/** @param {(id: string) => void} become changes the person */
export function drawTop(become) {
  const me = user(store.me);
  replace(document.getElementById("top"),
    el("strong.team", {}, store.state.team.name), el("span.sandbox", {}, "sandbox"),
    el("span.grow"),
    el("span.you", {}, "You are ", el("strong", {}, me.real_name), ` (${roleOf(me)})`),
    el("div.people", { role: "group", "aria-label": "Switch person" }, people().map((entry) => el(`button${entry.id === store.me ? ".here" : ""}`, {
      type: "button", title: `${entry.real_name}: ${roleOf(entry)}`, "aria-pressed": String(entry.id === store.me), "data-person": entry.id, onclick: () => become(entry.id),
    }, avatar(entry, "small"), el("span", {}, entry.real_name.split(" ")[0])))));
}

function roleOf(entry) {
  return group("S0APPROVERS")?.users.includes(entry.id) ? `${entry.title}, approver` : entry.title || "member";
}
