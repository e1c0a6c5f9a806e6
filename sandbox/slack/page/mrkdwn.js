/** Slack's mrkdwn to elements; every piece of text goes in as text. Source: Slack API, "Formatting text for app surfaces". */
import { el } from "./dom.js";
import { emoji } from "./emoji.js";
import { channel, group, store, user } from "./store.js";

const unescape = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
const PIECES = /(```[\s\S]+?```)|(`[^`\n]+`)|<([^<>\n]+)>|:([a-z0-9_+-]+):|(?<![A-Za-z0-9])([*_~])(?=\S)(.+?)(?<=\S)\5(?![A-Za-z0-9])/;

/** @param {string} text mrkdwn @returns {Array<Node>} */
export function mrkdwn(text) {
  const parts = text.split(/(```[\s\S]+?```)/);
  return parts.flatMap((part) => (part.startsWith("```") && part.length > 6 ? [fence(part.slice(3, -3))] : lines(part)));
}

/** @param {string} text plain text, in which only emoji are turned @returns {Array<Node|string>} */
export function plain(text) {
  return text.split(/(:[a-z0-9_+-]+:)/).map((part) => (/^:[a-z0-9_+-]+:$/.test(part) ? emoji(part.slice(1, -1)) : part));
}

/** A block of code with a button that copies it. */
export function fence(code) {
  const text = unescape(code).replace(/^\n|\n$/g, "");
  const copy = el("button.copy", {
    type: "button",
    "aria-label": "Copy the code",
    onclick: async () => { await navigator.clipboard?.writeText(text); copy.textContent = "Copied"; },
  }, "Copy");
  return el("div.fence", {}, el("pre", {}, el("code", {}, text)), copy);
}

function lines(text) {
  const nodes = [];
  for (const [index, line] of text.split("\n").entries()) {
    const quote = /^(?:&gt;|>)\s?/.exec(line);
    if (quote) nodes.push(el("blockquote", {}, inline(line.slice(quote[0].length))));
    else {
      if (index && !(nodes.at(-1) instanceof HTMLQuoteElement)) nodes.push(el("br"));
      nodes.push(...inline(line));
    }
  }
  return nodes;
}

function inline(text) {
  const found = PIECES.exec(text);
  if (!found) return text ? [document.createTextNode(unescape(text))] : [];
  const before = text.slice(0, found.index);
  const after = text.slice(found.index + found[0].length);
  return [...(before ? [document.createTextNode(unescape(before))] : []), piece(found), ...inline(after)];
}

function piece([whole, block, code, angle, shortcode, mark, marked]) {
  if (block) return fence(block.slice(3, -3));
  if (code) return el("code", {}, unescape(code.slice(1, -1)));
  if (angle) return reference(angle);
  if (shortcode) return document.createTextNode(emoji(shortcode));
  if (mark) return el({ "*": "strong", _: "em", "~": "s" }[mark], {}, inline(marked));
  return document.createTextNode(whole);
}

function reference(inside) {
  const [target, label] = inside.split(/\|(.*)/s);
  if (target.startsWith("@")) return el("span.mention", {}, `@${user(target.slice(1))?.real_name ?? label ?? target.slice(1)}`);
  if (target.startsWith("#")) return place(target.slice(1));
  if (target.startsWith("!subteam^")) return el("span.mention", {}, `@${group(target.slice(9))?.handle ?? label ?? target.slice(9)}`);
  if (target.startsWith("!date^")) return date(target, label);
  if (target.startsWith("!")) return el("span.mention.loud", {}, `@${target.slice(1)}`);
  return anchor(target, label);
}

/** A channel: to those who are outside Slack shows its name when it is public, and nothing of it otherwise. */
function place(id) {
  const known = channel(id);
  if (known) return el("a.mention", { href: "#", "data-channel": id }, `#${known.name}`);
  return el("span.mention", {}, store.state.names[id] ? `#${store.state.names[id]}` : "private channel");
}

function anchor(target, label) {
  const address = unescape(target);
  if (!/^(https?:|mailto:)/i.test(address)) return document.createTextNode(`<${address}>`);
  const shown = label ? inline(label) : [address.replace(/^mailto:/, "")];
  return el("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, shown);
}

const DATES = {
  date: { dateStyle: "long" }, date_num: { dateStyle: "short" }, date_short: { dateStyle: "medium" }, date_long: { dateStyle: "full" },
  time: { timeStyle: "short" }, time_secs: { timeStyle: "medium" },
};

function date(target, fallback) {
  const [, seconds, format] = target.split("^");
  const moment = new Date(Number(seconds) * 1000);
  if (Number.isNaN(moment.getTime())) return document.createTextNode(fallback ?? "");
  const text = format.replace(/\{(\w+)\}/g, (_, name) => formatted(moment, name));
  return el("time", { datetime: moment.toISOString(), title: moment.toLocaleString() }, text);
}

function formatted(moment, name) {
  if (name.endsWith("_pretty")) {
    const days = Math.round((new Date(moment).setHours(0, 0, 0, 0) - new Date().setHours(0, 0, 0, 0)) / 86400000);
    if (days === 0) return "today";
    if (Math.abs(days) === 1) return days > 0 ? "tomorrow" : "yesterday";
  }
  return moment.toLocaleString(undefined, DATES[name.replace("_pretty", "")] ?? DATES.date);
}
