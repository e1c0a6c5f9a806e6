/** The thread at the right. */
import { get } from "./api.js";
import { composer } from "./composer.js";
import { el, replace } from "./dom.js";
import { log } from "./log.js";
import { message, titleOf } from "./message.js";
import { store, writeAddress } from "./store.js";

const pane = () => document.getElementById("thread");
let list = null;
let round = 0;

/** @param {{channel: string, ts: string}} parent @param {boolean} take whether the focus goes there, as when somebody asked for it */
export async function openThread(parent, take = true) {
  store.thread = { channel: parent.channel, ts: parent.ts };
  writeAddress();
  list = log("Thread");
  pane().hidden = false;
  replace(pane(),
    el("header.headline", {}, el("h2", {}, "Thread"), el("span.topic", {}, titleOf(parent.channel)), el("button.close", { type: "button", "aria-label": "Close thread", onclick: leave }, "×")),
    list.node,
    composer({ channel: parent.channel, thread_ts: parent.ts, hint: "Reply…" }));
  pane().onkeydown = (event) => { if (event.key === "Escape" && !event.defaultPrevented) leave(); };
  if (take) document.getElementById("reply").focus();
  const count = await refreshThread();
  if (count === 0) list.node.scrollTop = 0; // Whoever opens it wants to read what it is about.
}

/** Closes the pane. */
export function closeThread() {
  store.thread = null;
  pane().hidden = true;
  replace(pane());
  writeAddress();
}

/** Closes the pane and goes back to the message under which it was opened. */
function leave() {
  const ts = store.thread?.ts;
  closeThread();
  const parent = [...document.querySelectorAll("#place .message")].find((one) => one.dataset.ts === ts);
  (parent?.querySelector(".replies, .reply") ?? document.getElementById("composer"))?.focus();
}

/** Reads the thread anew, when one is open; one whose first message is gone is closed. @returns {Promise<number|undefined>} how many replies */
export async function refreshThread() {
  if (!store.thread) return undefined;
  const { channel, ts } = store.thread;
  const mine = (round += 1);
  const answer = await get("replies", { channel, ts });
  if (mine !== round || store.thread?.ts !== ts) return undefined;
  if (answer.ok === false && answer.error !== "unreachable") leave();
  if (!answer.messages?.length) return undefined;
  const [parent, ...rest] = answer.messages.map((said) => ({ key: said.ts, version: JSON.stringify(said), draw: () => message(said, () => {}, true) }));
  const count = `${rest.length} ${rest.length === 1 ? "reply" : "replies"}`;
  list.show([parent, { key: "count", version: count, draw: () => el("div.day", {}, el("span", {}, count)) }, ...rest]);
  return rest.length;
}

/** Whether a message belongs to the open thread. */
export function isOpen(said) {
  return store.thread && (said.ts === store.thread.ts || said.thread_ts === store.thread.ts);
}
