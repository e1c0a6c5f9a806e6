/** Forms: a stack of views over the page. Source: Slack API, "Modals". */
import { complain, post } from "./api.js";
import { render } from "./blocks.js";
import { el, replace } from "./dom.js";
import { keepingFocus } from "./focus.js";
import { incomplete } from "./inputs.js";
import { plain } from "./mrkdwn.js";

const stack = [];
let opener = null;
const fresh = (view) => ({ view, values: {}, errors: {}, busy: false });

/** @param {object} view a view that the bot has opened, in place of whatever was open */
export function openView(view) {
  if (!stack.length) opener = document.activeElement;
  stack.splice(0, stack.length, fresh(view));
  draw();
}

/** @param {object} view a view that the bot has laid on an open one; another window of the same person may hold that one */
export function pushView(view) {
  if (stack.at(-1)?.view.id !== view.previous_view_id) return;
  stack.push(fresh(view));
  draw();
}

/** @param {object} view a newer version of an open view; what was filled in stays where the ids are the same */
export function updateView(view) {
  const entry = stack.find((one) => one.view.id === view.id);
  if (!entry) return;
  entry.view = view;
  entry.errors = {};
  draw();
}

/** @param {string} id of a view that is closed */
export function closeView(id) {
  const index = stack.findIndex((one) => one.view.id === id);
  if (index < 0) return;
  stack.splice(index, 1);
  draw();
}

/** Forgets every open form, as when somebody else sits down in front of the page. */
export function closeAll() {
  stack.length = 0;
  draw();
}

function draw() {
  const root = document.getElementById("modals");
  const entry = stack.at(-1);
  const same = entry && root.firstElementChild?.dataset.view === entry.view.id;
  const scrolled = same ? root.querySelector(".body").scrollTop : 0;
  const wasOpen = Boolean(root.firstElementChild);
  document.getElementById("workspace").inert = Boolean(entry);
  keepingFocus(root, () => replace(root, entry ? frame(entry) : []));
  if (entry) root.querySelector(".body").scrollTop = scrolled;
  if (entry && !same) focusFirst();
  if (wasOpen && !entry) focusBack();
}

/** To where the person was when they asked for the form, or to the box to write in when that is gone. */
function focusBack() {
  const there = opener?.isConnected && opener !== document.body ? opener : document.getElementById("composer");
  there?.focus({ preventScroll: true });
}

function focusFirst() {
  document.querySelector("#modals .body :is(input, textarea, select)")?.focus({ preventScroll: true });
}

function frame(entry) {
  const { view } = entry;
  const form = el("form.modal", { novalidate: true },
    el("div.top", {}, el("h1", {}, plain(view.title.text)), el("button.close", { id: "form-close", type: "button", "aria-label": "Close", onclick: () => dismiss(entry) }, "×")),
    el("div.body", {}, render(view.blocks, surface(entry))),
    footer(entry));
  form.addEventListener("submit", (event) => { event.preventDefault(); submit(entry); });
  form.addEventListener("keydown", (event) => keys(event, form, entry));
  return el("div.shade", { role: "dialog", "aria-modal": "true", "aria-label": view.title.text, "data-view": view.id, onmousedown: (event) => { if (event.target === event.currentTarget) event.preventDefault(); } }, form);
}

function footer(entry) {
  const { view } = entry;
  return el("div.bottom", {},
    el("button.button", { id: "form-cancel", type: "button", onclick: () => dismiss(entry) }, plain(view.close?.text ?? (submits(view) ? "Cancel" : "Close"))),
    submits(view) && el("button.button.primary", { id: "form-submit", type: "submit", "aria-disabled": entry.busy && "true" }, entry.busy ? "Sending…" : plain(view.submit?.text ?? "Submit")));
}

const submits = (view) => view.submit || view.blocks.some((block) => block.type === "input");

function surface(entry) {
  const place = { view_id: entry.view.id };
  return {
    values: entry.values,
    errors: entry.errors,
    idOf: (block) => `field-${block.block_id}`,
    act: async (action) => complain(await post("action", { ...place, action, state: { values: entry.values } }), "The app did not respond"),
    options: (block_id, action_id, value) => post("options", { ...place, block_id, action_id, value }),
  };
}

async function submit(entry) {
  if (entry.busy || !submits(entry.view)) return;
  entry.errors = incomplete(entry.view.blocks, entry.values);
  if (Object.keys(entry.errors).length) return showErrors(entry);
  entry.busy = true;
  draw();
  const answer = await post("submit", { view_id: entry.view.id, state: { values: entry.values } });
  entry.busy = false;
  follow(entry, answer);
}

function follow(entry, answer) {
  if (answer.errors && Object.keys(answer.errors).length) {
    entry.errors = answer.errors;
    return showErrors(entry);
  }
  if (!answer.ok) complain(answer, "We had some trouble connecting. Try again?");
  else if (answer.response_action === "clear") stack.length = 0;
  else if (!answer.response_action) closeView(entry.view.id);
  draw();
}

function showErrors(entry) {
  draw();
  const wrong = document.querySelector("#modals .wrong");
  wrong?.scrollIntoView({ block: "center" });
  wrong?.querySelector("input, textarea, select")?.focus();
}

function dismiss(entry) {
  closeView(entry.view.id);
  post("close", { view_id: entry.view.id });
}

function keys(event, form, entry) {
  if (event.key === "Escape") dismiss(entry);
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); submit(entry); }
  if (event.key !== "Tab") return;
  const stops = [...form.querySelectorAll("a[href], button:not(:disabled), input, select, textarea")];
  const [first, last] = [stops[0], stops.at(-1)];
  if (event.shiftKey && document.activeElement === first) { last.focus(); event.preventDefault(); }
  else if (!event.shiftKey && document.activeElement === last) { first.focus(); event.preventDefault(); }
}
