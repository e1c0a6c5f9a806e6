/** A channel or a direct message: its messages, and the box to write in. */
import { get } from "./api.js";
import { composer } from "./composer.js";
import { el, replace } from "./dom.js";
import { log } from "./log.js";
import { dayOf, message, titleOf } from "./message.js";
import { channel, store } from "./store.js";
import { tabs } from "./tabs.js";
import { welcome } from "./welcome.js";

let shown = [];
const underway = new Set(); // For each answer that is awaited, what was heard meanwhile: the answer may be older.
let list = null;
let openThread = () => {};
const START = [{ key: "start", version: "", draw: () => el("div.filler", {}, welcome()) }];
const NOTHING = [{ key: "nothing", version: "", draw: () => el("p.empty", {}, "Nothing has been said here yet.") }];

/** Draws the place in the middle of the page. @param {(message: object) => void} open opens a thread */
export async function showConversation(id, open) {
  openThread = open;
  shown = [];
  const place = channel(id);
  list = log(titleOf(id));
  replace(document.getElementById("place"),
    el("header.headline", {}, el("h2", {}, titleOf(id)), el("span.topic", {}, place?.topic ?? "")),
    place?.is_im && tabs("messages"),
    el("div.panel", place?.is_im ? { id: "tab-panel", role: "tabpanel", "aria-label": "Messages" } : {}, list.node,
      place?.is_read_only ? el("p.readonly", {}, "orgbot tells you here what becomes of your requests.") : composer({ channel: id })));
  await refresh(id);
}

/** Reads the messages anew. */
export async function refresh(id = store.place) {
  const meanwhile = [];
  underway.add(meanwhile);
  const answer = await get("messages", { channel: id });
  underway.delete(meanwhile);
  if (id !== store.place || !answer.messages) return;
  shown = answer.messages;
  meanwhile.forEach((change) => change());
  draw();
}

function happens(change) {
  underway.forEach((meanwhile) => meanwhile.push(change));
  change();
  draw();
}

/** A live message of this place: a new one, or a newer version of one. */
export function heard(said) {
  happens(() => {
    const index = shown.findIndex((one) => one.ts === said.ts);
    if (index >= 0) shown[index] = said;
    else if (!said.thread_ts || said.thread_ts === said.ts || said.subtype === "thread_broadcast") shown.push(said);
  });
}

/** A message that is gone. @param {string} ts */
export function gone(ts) {
  happens(() => { shown = shown.filter((one) => one.ts !== ts); });
}

function draw() {
  let day = "";
  const rows = shown.flatMap((said) => {
    const today = dayOf(said.ts);
    const line = today === day ? [] : [{ key: today, version: "", draw: () => el("div.day", {}, el("span", {}, today)) }];
    day = today;
    return [...line, { key: said.ts, version: JSON.stringify(said), draw: () => message(said, openThread) }];
  });
  list.show([...START, ...(rows.length ? rows : NOTHING)]);
}
