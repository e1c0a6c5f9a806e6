/** The box to write in: slash commands with suggestions, Enter sends, arrow up brings back what was sent. */
import { post } from "./api.js";
import { el, replace, toast } from "./dom.js";
import { store } from "./store.js";
import { titleOf } from "./message.js";

const sent = [];

/** @param {{channel: string, thread_ts?: string, hint?: string}} where */
export function composer({ channel, thread_ts: thread, hint }) {
  let back = sent.length;
  const suggestions = el("ul.suggestions", { hidden: true, role: "listbox", "aria-label": "Commands" });
  const field = el("textarea", { rows: 1, "aria-label": hint ?? `Message ${titleOf(channel)}`, placeholder: hint ?? `Message ${titleOf(channel)}`, id: thread ? "reply" : "composer" });
  const send = el("button.send", { type: "submit", "aria-label": "Send" }, "➤");
  const form = el("form.composer", {}, suggestions, field, send);

  const fit = () => { field.style.height = "auto"; field.style.height = `${Math.min(field.scrollHeight, 200)}px`; };
  const put = (text) => { field.value = text; fit(); suggest(); field.focus(); };

  function suggest() {
    const first = field.value.split(/\s/, 1)[0];
    const found = thread || !first.startsWith("/") ? [] : store.state.commands.filter((entry) => entry.command.startsWith(first));
    suggestions.hidden = !found.length || field.value.includes("\n");
    replace(suggestions, found.map((entry) => el("li", { role: "option", onmousedown: (event) => { event.preventDefault(); put(`${entry.command} `); } },
      el("strong", {}, entry.command), " ", el("code", {}, entry.usage_hint ?? ""), el("small", {}, entry.description))));
  }

  async function say() {
    const text = field.value.trim();
    if (!text) return;
    sent.push(text);
    back = sent.length;
    put("");
    const command = text.startsWith("/") && !thread;
    const answer = await post(command ? "command" : "message", { channel, text, ...(thread ? { thread_ts: thread } : {}) });
    if (!answer.ok) refused(text, answer.error, command);
  }

  function refused(text, error, command) {
    toast(command ? `${text.split(" ")[0]} failed with the error "${error}"` : `Your message was not sent: ${error}`);
    if (!field.value) put(text);
  }

  form.addEventListener("submit", (event) => { event.preventDefault(); say(); });
  field.addEventListener("input", () => { fit(); suggest(); });
  field.addEventListener("blur", () => { suggestions.hidden = true; });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); say(); }
    else if (event.key === "Tab" && !suggestions.hidden && !field.value.includes(" ")) { event.preventDefault(); put(`${suggestions.querySelector("strong").textContent} `); }
    else if (event.key === "Escape") suggestions.hidden = true;
    else if (event.key === "ArrowUp" && !field.value.includes("\n") && back > 0 && (!field.value || field.value === sent[back])) { event.preventDefault(); back -= 1; put(sent[back]); }
    else if (event.key === "ArrowDown" && field.value === sent[back]) { event.preventDefault(); back += 1; put(sent[back] ?? ""); }
  });
  return form;
}

/** Puts text into the box, as the first steps of a newcomer do. @param {string} text */
export function prefill(text) {
  const field = document.getElementById("composer");
  if (!field) return;
  field.value = text;
  field.dispatchEvent(new Event("input"));
  field.focus();
}
