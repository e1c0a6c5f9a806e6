/** Beside Slack: AWS as it is now, the calls that came in, buttons that break things, and scenes. */
import { complain, get, post } from "./api.js";
import { el, redraw, toast } from "./dom.js";
import { store } from "./store.js";

const EVERY = 1000;
const WIDE = 1250; // From this width on it is open from the start.
const MANY = 12; // An OU with more accounts is folded.
const KEY = "orgbot-sandbox-panel";
const pane = () => document.getElementById("panel");
let goTo = () => {};
let timer = 0;
let mark = "";
let reads = false;
let told = -1; // Lines that have been followed; before the first look nobody knows what is old.
let parts = null;

/** Draws it where the sandbox has one. @param {(who: string, channel: string, thread: string) => void} go shows a place as somebody sees it */
export function startPanel(go) {
  goTo = go;
  if (!store.state.panel || parts) return;
  parts = { status: el("p.status", { role: "status" }), buttons: el("div.buttons"), scenes: el("div.scenes"), lines: el("ol.lines", { "aria-live": "polite" }), tree: el("div.tree"), calls: el("ol.calls") };
  pane().append(
    el("header.headline", {}, el("h2", {}, "Behind the scenes"), el("button.close", { type: "button", "aria-label": "Close the panel", onclick: () => show(false) }, "×")),
    el("div.scroll", {},
      parts.status,
      el("h3", {}, "Break it"), parts.buttons,
      el("h3", {}, "Watch a scene"), parts.scenes, parts.lines,
      el("h3", {}, "The organization, as AWS has it now"), parts.tree,
      el("h3", {}, "Calls to AWS"), el("label.reads", {}, el("input", { type: "checkbox", onchange: (event) => { reads = event.target.checked; look(); } }), " those that only look, too"), parts.calls));
  show((sessionStorage.getItem(KEY) ?? (innerWidth >= WIDE ? "open" : "closed")) === "open");
}

/** Whether it can be seen. */
export const isPanelOpen = () => Boolean(parts) && !pane().hidden;

/** The button in the bar at the top. */
export function panelButton() {
  if (!store.state.panel) return null;
  return el("button.beside", { type: "button", "data-person": "panel", "aria-pressed": String(isPanelOpen()), "aria-controls": "panel", onclick: () => show(!isPanelOpen()) }, "Behind the scenes");
}

function show(open) {
  pane().hidden = !open;
  pane().classList.remove("playing");
  sessionStorage.setItem(KEY, open ? "open" : "closed");
  document.querySelector("#top .beside")?.setAttribute("aria-pressed", String(open));
  clearTimeout(timer);
  if (open) look();
}

async function look() {
  clearTimeout(timer);
  const now = await get("panel", { mark, ...(reads && { reads: "1" }) });
  if (now.buttons && isPanelOpen()) draw(now);
  clearTimeout(timer);
  if (isPanelOpen()) timer = setTimeout(look, EVERY);
}

function draw(now) {
  parts.status.className = `status ${now.bot}`;
  parts.status.textContent = { running: "The bot is running.", killed: "The bot is dead.", starting: "The bot is starting …", stopped: "The bot has ended." }[now.bot];
  redraw(parts.buttons, "do", [...now.buttons.map(button), ...now.invitations.flatMap(invitation)]);
  redraw(parts.scenes, "do", now.scenes.map((scene) => el("button", { type: "button", "data-do": scene.name, disabled: now.playing, onclick: () => press({ play: scene.name }) }, scene.label)));
  redraw(parts.lines, "do", now.lines.map((line) => el("li", {}, line.text)));
  if (now.playing) pane().classList.add("playing"); // Until it is opened anew, so that the end of a scene can be seen as well.
  follow(now.lines);
  if (now.mark !== mark) redraw(parts.tree, "do", now.tree ? unit(now.tree) : el("p.empty", {}, "There is no organization."));
  mark = now.mark;
  redraw(parts.calls, "do", now.calls.toReversed().map(call));
}

/** Shows where the newest line of a scene happens; a window that is opened later stays where it is until the next one. */
function follow(lines) {
  if (told >= 0 && lines.length > told) {
    const { who, channel, thread } = lines.at(-1);
    if (who) goTo(who, channel, thread);
    parts.lines.lastElementChild.scrollIntoView({ block: "nearest" });
  }
  told = lines.length;
}

function button({ name, label, on }) {
  return el(`button${on ? ".on" : ""}`, { type: "button", "data-do": name, "aria-pressed": on === null ? null : String(on), onclick: () => press({ press: name }) }, label);
}

function invitation({ id, whom }) {
  return ["accept", "decline"].map((answer) => el("button", { type: "button", "data-do": `${answer}-${id}`, onclick: () => press({ [answer]: id }) }, `${answer === "accept" ? "Accept" : "Decline"} the invitation of ${whom}`));
}

/** Plays a scene, beside which the panel stands. @param {string} name */
export function play(name) {
  show(true);
  press({ play: name });
}

async function press(what) {
  const answer = await post("panel", what);
  complain(answer, "That did not work");
  if (answer.said) toast(answer.said);
  look();
}

function unit({ id, name, policies, accounts, units }) {
  const inside = el("ul", {}, accounts.map((one) => el("li", { title: one.id }, `${one.name} `, el("code", {}, one.id), one.state !== "ACTIVE" && el("em", {}, ` ${one.state}`), badges(one.policies))), units.map((below) => el("li", {}, unit(below))));
  return el("details", { open: accounts.length <= MANY }, el("summary", { title: id, "data-do": id }, el("strong", {}, name), accounts.length > MANY && ` ${accounts.length} accounts`, badges(policies)), inside);
}

const badges = (policies) => policies.map((name) => el("span.policy", { title: "policy attached here" }, name));

function call({ at, service, operation, about, outcome, changes }) {
  const [good, text] = outcome === "ok" ? [true, "ok"] : [false, outcome || "…"];
  return el(`li${changes ? ".change" : ""}`, {}, el("time", {}, new Date(at * 1000).toLocaleTimeString()), ` ${operation} `, about && el("span.about", {}, `${about} `), el(`span${good ? ".ok" : ".bad"}`, { title: service }, text));
}
