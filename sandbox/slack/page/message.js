/** One message: who, when, what, and the buttons under it. */
import { complain, post, take } from "./api.js";
import { render } from "./blocks.js";
import { el } from "./dom.js";
import { mrkdwn } from "./mrkdwn.js";
import { bot, channel, store, user } from "./store.js";

/** @param {object} entry a user @param {string} size "small" or "" @returns {Node} coloured initials */
export function avatar(entry, size = "") {
  const letters = (entry?.real_name || entry?.name || "?").split(/\s+/).map((word) => word[0]).slice(0, 2).join("").toUpperCase();
  const shown = entry?.is_bot ? "🤖" : letters;
  return el(`span.avatar${size ? `.${size}` : ""}`, { style: `background:#${(entry?.color || "555").replace("#", "")}`, "aria-hidden": "true" }, shown);
}

/**
 * @param {object} said a message of the page's contract
 * @param {(message: object) => void} openThread
 * @param {boolean} inThread
 */
export function message(said, openThread, inThread = false) {
  const who = said.bot_id ? user(bot().user_id) : user(said.user);
  return el(`article.message${said.ephemeral ? ".ephemeral" : ""}`, { "data-ts": said.ts, "data-channel": said.channel, tabindex: -1 },
    said.ephemeral && el("div.only", {}, "👁 Only visible to you"),
    avatar(who),
    el("div.content", {},
      el("div.by", {}, el("strong", {}, who?.real_name || who?.name || "someone"), who?.is_bot && el("span.badge", {}, "APP"), clock(said.ts)),
      el("div.said", {}, said.blocks?.length ? render(said.blocks, surface(said)) : el("div.block", {}, mrkdwn(said.text ?? ""))),
      (said.files ?? []).map(file),
      said.edited && el("span.edited", {}, "(edited)"),
      !inThread && said.reply_count > 0 && replies(said, openThread)),
    !said.ephemeral && shortcuts(said),
    !inThread && !said.ephemeral && el("button.reply", { type: "button", "data-action": "reply", "aria-label": "Reply in thread", onclick: () => openThread(said) }, "💬"));
}

/** The app's shortcuts in a message's menu. */
function shortcuts(said) {
  return store.state.shortcuts.filter((entry) => entry.type === "message").map((entry) => el("button.reply.shortcut", {
    type: "button", title: entry.description, "aria-label": entry.name, onclick: () => take(entry, { channel: said.channel, message_ts: said.ts }),
  }, "⚡"));
}

function clock(ts) {
  const when = new Date(Number(ts) * 1000);
  return el("time", { datetime: when.toISOString(), title: when.toLocaleString() }, when.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" }));
}

function replies(said, openThread) {
  const label = `${said.reply_count} ${said.reply_count === 1 ? "reply" : "replies"}`;
  return el("button.replies", { type: "button", "data-action": "replies", onclick: () => openThread(said) }, said.reply_users.slice(0, 4).map((id) => avatar(user(id), "small")), el("span", {}, label), el("small", {}, "View thread"));
}

function file(shared) {
  const address = shared.url_private ?? shared.permalink ?? "#";
  const picture = (shared.mimetype ?? "").startsWith("image/");
  return el("div.file", {}, picture && el("img.large", { src: address, alt: shared.title ?? shared.name }), el("a", { href: address, target: "_blank" }, shared.title ?? shared.name));
}

function surface(said) {
  const place = { channel: said.channel, message_ts: said.ts };
  return {
    values: {},
    act: async (action) => complain(await post("action", { ...place, action }), `${user(bot().user_id)?.name ?? "The app"} did not respond`),
    options: (block_id, action_id, value) => post("options", { ...place, block_id, action_id, value }),
  };
}

/** A line between days. @param {string} ts */
export function dayOf(ts) {
  return new Date(Number(ts) * 1000).toLocaleDateString(undefined, { weekday: "long", month: "long", day: "numeric" });
}

/** The name of a channel or a direct message, as the sidebar and the headline show it. */
export function titleOf(id) {
  const place = channel(id);
  if (!place) return id;
  return place.is_im ? user(place.user)?.name ?? "direct message" : `# ${place.name}`;
}
