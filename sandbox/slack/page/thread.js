/** The thread at the right. */
import { get } from "./api.js";
import { composer } from "./composer.js";
import { el, replace } from "./dom.js";
import { message, titleOf } from "./message.js";
import { store, writeAddress } from "./store.js";

const pane = () => document.getElementById("thread");

/** @param {{channel: string, ts: string}} parent */
export async function openThread(parent) {
  store.thread = { channel: parent.channel, ts: parent.ts };
  writeAddress();
  pane().hidden = false;
  replace(pane(),
    el("header.headline", {}, el("h2", {}, "Thread"), el("span.topic", {}, titleOf(parent.channel)), el("button.close", { type: "button", "aria-label": "Close thread", onclick: closeThread }, "×")),
    el("div.messages", { role: "log", "aria-label": "Thread" }),
    composer({ channel: parent.channel, thread_ts: parent.ts, hint: "Reply…" }));
  await refreshThread();
}

/** Closes the pane. */
export function closeThread() {
  store.thread = null;
  pane().hidden = true;
  replace(pane());
  writeAddress();
}

/** Reads the thread anew, when one is open. */
export async function refreshThread() {
  if (!store.thread) return;
  const { channel, ts } = store.thread;
  const answer = await get("replies", { channel, ts });
  if (store.thread?.ts !== ts) return;
  const list = pane().querySelector(".messages");
  const count = (answer.messages?.length ?? 1) - 1;
  const [parent, ...rest] = (answer.messages ?? []).map((said) => message(said, () => {}, true));
  replace(list, parent, el("div.day", {}, el("span", {}, `${count} ${count === 1 ? "reply" : "replies"}`)), rest);
  list.scrollTop = list.scrollHeight;
}

/** Whether a message belongs to the open thread. */
export function isOpen(said) {
  return store.thread && (said.ts === store.thread.ts || said.thread_ts === store.thread.ts);
}
