/** What the page knows: the workspace as one person sees it, and where they are. */
import { actAs, get } from "./api.js";

export const store = { state: null, me: "", place: "", tab: "messages", thread: null };

/** Reads the workspace as `user` sees it. @returns {Promise<boolean>} whether it could be read, and is still wanted */
export async function enter(user) {
  actAs(user);
  store.me = user;
  const state = await get("state");
  if (store.me !== user || !state.users) return false;
  store.state = state;
  return true;
}

export const user = (id) => store.state.users.find((entry) => entry.id === id);
export const channel = (id) => store.state.channels.find((entry) => entry.id === id);
export const group = (id) => store.state.groups.find((entry) => entry.id === id);
export const people = () => store.state.users.filter((entry) => !entry.is_bot && !entry.deleted);
export const myDirect = () => store.state.channels.find((entry) => entry.is_im);
export const bot = () => store.state.bot;

/** The place and the person, as the address shows them: `#U0ALICE/C0GENERAL/1700.1`, or `#U0ALICE/D0ALICE/home`. */
export function readAddress() {
  const [who, place, last] = location.hash.slice(1).split("/");
  return { who, place, tab: last === "home" ? "home" : "messages", thread: last === "home" ? "" : last };
}

/** Writes the place and the person into the address. */
export function writeAddress() {
  const parts = [store.me, store.place, store.tab === "home" ? "home" : store.thread?.ts].filter(Boolean);
  history.replaceState(null, "", `#${parts.join("/")}`);
}
