/** The box to write in: slash commands with suggestions, Enter sends, arrow up brings back what was sent. */
import { complain, post, take } from "./api.js";
import { el, toast } from "./dom.js";
import { titleOf } from "./message.js";
import { store } from "./store.js";
import { suggestions } from "./suggestions.js";

const sent = [];
const drafts = new Map();

/** @param {{channel: string, thread_ts?: string, hint?: string}} where */
export function composer({ channel, thread_ts: thread, hint }) {
  const place = `${store.me}/${channel}/${thread ?? ""}`;
  let back = sent.length;
  const field = el("textarea", {
    rows: 1, "aria-label": hint ?? toWhom(channel), placeholder: hint ?? toWhom(channel), id: thread ? "reply" : "composer", value: drafts.get(place) ?? "",
  });
  const offer = thread ? null : suggestions(field, (command) => put(`${command} `));
  const form = el("form.composer", {}, offer?.list, thread ? [] : shortcuts(), field, el("button.send", { type: "submit", "aria-label": "Send" }, "➤"));

  const fit = () => { field.style.height = "auto"; field.style.height = `${Math.min(field.scrollHeight, 200)}px`; };
  const changed = () => { drafts.set(place, field.value); fit(); offer?.look(); };
  const put = (text) => { field.value = text; changed(); field.focus(); };

  async function say() {
    const text = field.value.trim();
    if (!text) return;
    const command = text.startsWith("/");
    if (command && thread) return toast(`${word(text)} is not supported in threads. Sorry!`);
    sent.push(text);
    back = sent.length;
    put("");
    const answer = await post(command ? "command" : "message", { channel, text, ...(thread ? { thread_ts: thread } : {}) });
    if (!answer.ok) refused(text, answer, command);
    return undefined;
  }

  function refused(text, answer, command) {
    if (answer.error === "invalid_command") toast(`${word(text)} is not a valid command. Slack takes every message that starts with “/” for a command.`);
    else complain(answer, command ? `${word(text)} failed` : "Your message was not sent");
    if (!field.value) put(text);
  }

  form.addEventListener("submit", (event) => { event.preventDefault(); say(); });
  field.addEventListener("input", changed);
  field.addEventListener("keydown", (event) => {
    if (offer?.takes(event)) event.preventDefault();
    else if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); say(); }
    else if (event.key === "ArrowUp" && !field.value.includes("\n") && back > 0 && (!field.value || field.value === sent[back])) { event.preventDefault(); back -= 1; put(sent[back]); }
    else if (event.key === "ArrowDown" && field.value === sent[back]) { event.preventDefault(); back += 1; put(sent[back] ?? ""); }
  });
  requestAnimationFrame(fit); // A draft may have several lines.
  return form;
}

const word = (text) => text.split(/\s/)[0];
const toWhom = (channel) => `Message ${titleOf(channel).replace("# ", "#")}`;

/** The app's shortcuts that need no message. */
function shortcuts() {
  return store.state.shortcuts.filter((entry) => entry.type === "global").map((entry) => el("button.shortcut", {
    type: "button", title: entry.description, "aria-label": entry.name, onclick: () => take(entry),
  }, "⚡"));
}

/** Puts text into the box, as the first steps of a newcomer do. @param {string} text */
export function prefill(text) {
  const field = document.getElementById("composer");
  if (!field) return;
  field.value = text;
  field.dispatchEvent(new Event("input"));
  field.focus();
}
