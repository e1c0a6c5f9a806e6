/** The page: who sits here, where they are, and what happens live. */
import { listen } from "./api.js";
import { gone, heard, refresh, showConversation } from "./conversation.js";
import { el, replace } from "./dom.js";
import { drawHome, refreshHome, showHome } from "./home.js";
import { closeAll, closeView, openView, pushView, updateView } from "./modal.js";
import { startPanel } from "./panel.js";
import { drawTop } from "./people.js";
import { drawSidebar } from "./sidebar.js";
import { channel, enter, readAddress, store, user, writeAddress } from "./store.js";
import { closeThread, isOpen, openThread, refreshThread } from "./thread.js";
import { allNews, asked, howMany, noteNews, noteSeen, see } from "./unread.js";

const FIRST = "U0ALICE";
const HEARD = {
  message: ({ message }) => said(message),
  ephemeral: ({ message }) => said(message),
  message_changed: ({ message }) => said(message),
  message_deleted: (event) => { if (event.channel === store.place) gone(event.ts); if (isOpen(event)) refreshThread(); },
  news: (event) => { noteNews(event); drawFrame(); },
  seen: (event) => { noteSeen(event); drawFrame(); },
  view_opened: ({ view }) => openView(view),
  view_pushed: ({ view }) => pushView(view),
  view_updated: ({ view }) => updateView(view),
  view_closed: (event) => closeView(event.view_id),
  home: ({ view }) => drawHome(view),
  channel_created: () => read(store.me),
  begun_anew: () => become(store.me, store.place),
};

let live = null;

async function become(person, place = "", thread = "", tab = "messages") {
  const before = store.place;
  live?.close();
  live = null;
  closeAll();
  closeThread();
  if (!(await read(person))) return;
  live = listen((event) => HEARD[event.type]?.(event), connected);
  const wanted = store.place === before ? place : store.place; // Whoever went elsewhere meanwhile stays there.
  await go(channel(wanted) && !channel(wanted).is_im ? wanted : samePlace(wanted), tab);
  if (thread) await openThread({ channel: store.place, ts: thread }, false);
}

/** Reads the workspace as a person sees it, and draws what stands around the messages. @returns {Promise<boolean>} whether it could */
async function read(person) {
  asked();
  if (!(await enter(person))) return false;
  allNews(store.state.unread);
  if (live && store.tab === "messages") see(store.place); // The answer may be older than what has been seen meanwhile.
  drawFrame();
  return true;
}

function drawFrame() {
  drawTop((id) => become(id, store.place));
  drawSidebar(go);
  const news = howMany();
  document.title = `${news ? `(${news}) ` : ""}${user(store.me).real_name} – orgbot sandbox`;
}

/** A direct message belongs to one person: the next one sees their own. */
function samePlace(place) {
  const wasDirect = place.startsWith("D");
  const found = store.state.channels.find((entry) => (wasDirect ? entry.is_im : entry.name === "general"));
  return (found ?? store.state.channels[0]).id;
}

async function go(id, tab = "messages") {
  store.place = id;
  store.tab = channel(id).is_im ? tab : "messages";
  if (store.thread && store.thread.channel !== id) closeThread();
  if (store.tab === "messages") see(id);
  writeAddress();
  drawFrame();
  await (store.tab === "home" ? showHome() : showConversation(id, openThread));
}

function said(message) {
  if (message.channel === store.place && store.tab === "messages") heard(message);
  if (isOpen(message)) refreshThread();
}

async function connected() {
  if (!(await read(store.me))) return;
  if (store.tab === "messages") refresh();
  else refreshHome();
  refreshThread();
}

document.getElementById("place").addEventListener("click", (event) => {
  const tab = event.target.closest("[data-tab]")?.dataset.tab;
  if (tab) go(store.place, tab);
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
  const { who, place, thread, tab } = readAddress();
  if (who && (who !== store.me || place !== store.place || tab !== store.tab)) become(who, place, thread, tab);
});

const start = readAddress();
await become(start.who || FIRST, start.place ?? "", start.thread ?? "", start.tab);
if (!store.state) await become(FIRST); // The address may name somebody who is not here.
if (store.state) {
  startPanel((who, place, thread) => become(who, place, thread));
  drawFrame();
} else replace(document.getElementById("place"), el("p.empty", {}, "The sandbox does not answer. Start it again, and then load this page anew."));
