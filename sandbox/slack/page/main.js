/** The page: who sits here, where they are, and what happens live. */
import { listen } from "./api.js";
import { gone, heard, refresh, showConversation } from "./conversation.js";
import { drawHome, showHome } from "./home.js";
import { closeAll, closeView, openView, updateView } from "./modal.js";
import { drawTop } from "./people.js";
import { drawSidebar } from "./sidebar.js";
import { channel, enter, readAddress, store, writeAddress } from "./store.js";
import { closeThread, isOpen, openThread, refreshThread } from "./thread.js";

const HEARD = {
  message: ({ message }) => arrived(message),
  ephemeral: ({ message }) => arrived(message),
  message_changed: ({ message }) => changed(message),
  message_deleted: (event) => { if (event.channel === store.place) gone(event.ts); if (isOpen(event)) refreshThread(); },
  view_opened: ({ view }) => openView(view),
  view_pushed: ({ view }) => openView(view),
  view_updated: ({ view }) => updateView(view),
  view_closed: (event) => closeView(event.view_id),
  home: ({ view }) => drawHome(view),
  channel_created: () => become(store.me, store.place),
};

let live = null;

async function become(person, place = "", thread = "") {
  const before = store.place;
  live?.close();
  closeAll();
  closeThread();
  await enter(person);
  live = listen((event) => HEARD[event.type]?.(event), reconnected);
  drawTop((id) => become(id, store.place));
  const wanted = store.place === before ? place : store.place; // Whoever went elsewhere meanwhile stays there.
  await go(channel(wanted) && !channel(wanted).is_im ? wanted : samePlace(wanted));
  if (thread) await openThread({ channel: store.place, ts: thread });
}

/** A direct message belongs to one person: the next one sees their own. */
function samePlace(place) {
  const wasDirect = place.startsWith("D");
  const found = store.state.channels.find((entry) => (wasDirect ? entry.is_im : entry.name === "general"));
  return (found ?? store.state.channels[0]).id;
}

async function go(id) {
  store.place = id;
  store.unread.delete(id);
  if (store.thread && store.thread.channel !== id) closeThread();
  writeAddress();
  drawSidebar(go);
  await showConversation(id, openThread);
}

function arrived(message) {
  if (message.channel === store.place) heard(message);
  else { store.unread.add(message.channel); drawSidebar(go); }
  if (isOpen(message)) refreshThread();
}

function changed(message) {
  if (message.channel === store.place) heard(message);
  if (isOpen(message)) refreshThread();
}

function reconnected() {
  refresh();
  refreshThread();
}

document.getElementById("place").addEventListener("click", (event) => {
  const tab = event.target.closest("[data-tab]")?.dataset.tab;
  if (tab === "home") showHome();
  else if (tab === "messages") go(store.place);
});

/** A permalink, as Slack makes them: /archives/C0APPROVALS/p1700000000000100. */
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href*='/archives/']");
  const found = link && new URL(link.href).origin === location.origin && /archives\/(\w+)\/p(\d+)(\d{6})$/.exec(link.href);
  if (!found) return;
  event.preventDefault();
  const [, where, seconds, rest] = found;
  if (channel(where)) go(where).then(() => openThread({ channel: where, ts: `${seconds}.${rest}` }));
});

document.addEventListener("click", (event) => {
  const mention = event.target.closest("a[data-channel]");
  if (!mention) return;
  event.preventDefault();
  if (channel(mention.dataset.channel)) go(mention.dataset.channel);
});

addEventListener("hashchange", () => {
  const { who, place, thread } = readAddress();
  if (who && (who !== store.me || place !== store.place)) become(who, place, thread);
});

const start = readAddress();
await become(start.who || "U0ALICE", start.place ?? "", start.thread ?? "");
