/** What the page knows: the workspace as one person sees it, where they are, and what is new elsewhere. */
import { actAs, get } from "./api.js";

export const store = { state: null, me: "", place: "", thread: null, unread: new Set() };

/** Reads the workspace as `user` sees it. */
export async function enter(user) {
  actAs(user);
  store.me = user;
  store.state = await get("state");
  store.unread.clear();
}

export const user = (id) => store.state.users.find((entry) => entry.id === id);
export const channel = (id) => store.state.channels.find((entry) => entry.id === id);
export const group = (id) => store.state.groups.find((entry) => entry.id === id);
export const people = () => store.state.users.filter((entry) => !entry.is_bot && !entry.deleted);
export const myDirect = () => store.state.channels.find((entry) => entry.is_im);
export const bot = () => store.state.bot;

/** The place and the person, as the address shows them: `#U0ALICE/C0GENERAL/1700.1`. */
export function readAddress() {
  const [who, place, thread] = location.hash.slice(1).split("/");
  return { who, place, thread };
}

/** Writes the place and the person into the address. */
export function writeAddress() {
  const parts = [store.me, store.place, store.thread?.ts].filter(Boolean);
  history.replaceState(null, "", `#${parts.join("/")}`);
}
