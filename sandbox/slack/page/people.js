/** The bar at the top: the workspace, and who sits in front of the page. */
import { el, redraw } from "./dom.js";
import { avatar } from "./message.js";
import { panelButton } from "./panel.js";
import { group, people, store, user } from "./store.js";
import { hasDirect } from "./unread.js";

/** @param {(id: string) => void} become changes the person */
export function drawTop(become) {
  const me = user(store.me);
  redraw(document.getElementById("top"), "person",
    el("h1.team", {}, store.state.team.name), el("span.sandbox", {}, "sandbox"),
    el("span.grow"),
    panelButton(),
    el("span.you", {}, "You are ", el("strong", {}, me.real_name), ` (${roleOf(me)})`),
    el("div.people", { role: "group", "aria-label": "Switch person" }, people().map((entry) => person(entry, become))));
}

function person(entry, become) {
  const [first] = entry.real_name.split(" ");
  const news = hasDirect(entry.id) && `${first} has a direct message`;
  return el(`button${entry.id === store.me ? ".here" : ""}`, {
    type: "button", title: news || `${entry.real_name}: ${[entry.title, ...groupsOf(entry)].filter(Boolean).join(", ")}`, "aria-pressed": String(entry.id === store.me), "data-person": entry.id, onclick: () => become(entry.id),
  }, avatar(entry, "small"), el("span.name", {}, first), news && el("span.dot", { role: "img", "aria-label": "has a direct message" }));
}

const groupsOf = (entry) => store.state.groups.filter((one) => one.users.includes(entry.id)).map((one) => `@${one.handle}`);

function roleOf(entry) {
  return group("S0APPROVERS")?.users.includes(entry.id) ? `${entry.title}, approver` : entry.title || "member";
}
