/** What is new, by person and place. The stand-in keeps it, as Slack does, so that every window says the same. */
import { post } from "./api.js";
import { store } from "./store.js";

let news = new Set();
let meanwhile = []; // What was heard since the stand-in was asked: its answer may be older.
const entry = (person, place) => `${person}/${place}`;
const looksAt = (place) => place === store.place && store.tab === "messages";

function happens(change) {
  meanwhile.push(change);
  change();
}

/** The stand-in is about to be asked for everything. */
export function asked() {
  meanwhile = [];
}

/** Takes over what the stand-in knows. @param {Array<[string, string]>} pairs of person and place */
export function allNews(pairs) {
  news = new Set(pairs.map(([person, place]) => entry(person, place)));
  meanwhile.forEach((change) => change());
}

/** Something new is in a place; whoever looks at it has seen it at once. @param {{channel: string, users: Array<string>}} event */
export function noteNews({ channel, users }) {
  happens(() => users.forEach((person) => news.add(entry(person, channel))));
  if (looksAt(channel)) see(channel);
}

/** Somebody has seen a place, in this window or another. @param {{channel: string, user: string}} event */
export function noteSeen({ channel, user }) {
  happens(() => news.delete(entry(user, channel)));
}

/** The person in front of the page sees a place. */
export function see(place) {
  if (news.delete(entry(store.me, place))) post("seen", { channel: place });
}

/** Whether the person in front of the page has something new in a place. */
export const isNew = (place) => news.has(entry(store.me, place));

/** Whether somebody has a direct message that they have not seen. */
export const hasDirect = (person) => [...news].some((one) => one.startsWith(entry(person, "D")));

/** In how many places the person in front of the page has something new. */
export const howMany = () => [...news].filter((one) => one.startsWith(entry(store.me, ""))).length;
