/** A channel or a direct message: its messages, and the box to write in. */
import { get } from "./api.js";
import { composer } from "./composer.js";
import { el, replace } from "./dom.js";
import { dayOf, message, titleOf } from "./message.js";
import { channel, store } from "./store.js";
import { welcome } from "./welcome.js";

let shown = [];
let list = null;
let openThread = () => {};

/** Draws the place in the middle of the page. @param {(message: object) => void} open opens a thread */
export async function showConversation(id, open) {
  openThread = open;
  const place = channel(id);
  list = el("div.messages", { role: "log", "aria-label": titleOf(id) });
  replace(document.getElementById("place"),
    el("header.headline", {}, el("h2", {}, titleOf(id)), el("span.topic", {}, place?.topic ?? "")),
    place?.is_im && tabs("messages"),
    list,
    place?.is_read_only ? el("p.readonly", {}, "orgbot tells you here what becomes of your requests.") : composer({ channel: id }));
  await refresh(id);
}

/** The two tabs of the app. @param {"home"|"messages"} current */
export function tabs(current) {
  const tab = (name, label) => el("button", { type: "button", role: "tab", "aria-selected": String(name === current), "data-tab": name }, label);
  return el("div.tabs", { role: "tablist" }, tab("home", "Home"), tab("messages", "Messages"));
}

/** Reads the messages anew. */
export async function refresh(id = store.place) {
  const answer = await get("messages", { channel: id });
  if (id !== store.place) return;
  shown = answer.messages ?? [];
  draw();
}

/** A live message of this place: a new one, or a newer version of one. */
export function heard(said) {
  const index = shown.findIndex((one) => one.ts === said.ts);
  if (index >= 0) shown[index] = said;
  else if (!said.thread_ts || said.thread_ts === said.ts || said.subtype === "thread_broadcast") shown.push(said);
  else return;
  draw();
}

/** A message that is gone. @param {string} ts */
export function gone(ts) {
  shown = shown.filter((one) => one.ts !== ts);
  draw();
}

function draw() {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 120;
  const focused = document.activeElement?.closest?.(".message")?.dataset.ts;
  let day = "";
  const rows = shown.flatMap((said) => {
    const today = dayOf(said.ts);
    const line = today === day ? [] : [el("div.day", {}, el("span", {}, today))];
    day = today;
    return [...line, message(said, openThread)];
  });
  replace(list, welcome(), el("div.filler"), rows.length ? rows : el("p.empty", {}, "Nothing has been said here yet."));
  if (atEnd) list.scrollTop = list.scrollHeight;
  if (focused) list.querySelector(`[data-ts="${focused}"] button`)?.focus({ preventScroll: true });
}
